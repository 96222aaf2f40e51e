import { join } from "node:path";
import { failureOf } from "../platform/exec.js";
import { bubblewrap, type Sandbox } from "../platform/sandbox.js";
import { protectedIn, within } from "../plugins/protected.js";
import { isSecretName, secretFiles, secretFolders } from "../shell/secrets.js";
import type { Config } from "./config.js";

type Isolated = Pick<Config, "cwd" | "home" | "userHome" | "sandbox" | "childEnv">;

/** How commands are kept apart from the rest of the machine; undefined when they are not to be, or cannot. */
export function isolation(config: Isolated, shown: readonly string[]): Sandbox | undefined {
  const { cwd, home, userHome, sandbox, childEnv } = config;
  // a workspace that holds the home folder would open all of it
  if (sandbox.use === "never" || process.platform !== "linux" || cwd === "/" || within(userHome, cwd)) return undefined;
  return bubblewrap(
    {
      writable: [cwd, ...sandbox.write],
      guarded: [...protectedIn(cwd), ...sandbox.write.flatMap(protectedIn)],
      hidden: [
        ...secretFolders(userHome),
        ...secretFiles(userHome),
        home,
        ...sandbox.hide,
        "/etc/shadow",
        "/etc/gshadow",
      ],
      shown,
      cache: join(home, "cache"),
      network: sandbox.network,
      isSecretName,
      path: childEnv.PATH ?? "",
    },
    failureOf,
  );
}
