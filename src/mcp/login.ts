import { loopback } from "./loopback.js";
import type { Ground, ServerSpec } from "./types.js";

type Wish = { signal: AbortSignal; open(address: URL): void | Promise<void> };

/** How long a person may take, in milliseconds. */
const PATIENCE = 300_000;

/** Logs in to a server: `open` leads the person to an address, the answer comes back to this machine, within 5 minutes. Tokens are kept. */
export async function logIn(spec: ServerSpec, ground: Ground, { signal, open }: Wish): Promise<void> {
  const back = await loopback();
  const ending = new AbortController();
  const leave = () => ending.abort(signal.reason);
  const timer = setTimeout(() => ending.abort("nobody logged in in time"), PATIENCE);
  signal.addEventListener("abort", leave, { once: true });
  const told = { changed: () => undefined, lost: () => undefined, stderr: () => undefined };
  try {
    const { connect } = await import("./connect.js");
    const connection = await connect(
      spec,
      { ground, told },
      { signal: ending.signal, timeout: 60_000, login: { loopback: back, open } },
    );
    // some ask for a login only where something is wanted of them
    await connection.catalogue(ending.signal).finally(() => connection.close());
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
    back.close();
  }
}
