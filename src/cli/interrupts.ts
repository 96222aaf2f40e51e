/** What ended a run from outside. */
export type Interruption = "SIGINT" | "SIGTERM" | "SIGHUP" | "timeout" | "output closed";

export type Interrupts = {
  readonly signal: AbortSignal;
  readonly cause: Interruption | undefined;
  interrupt(cause: Interruption): void;
  end(): void;
};

/**
 * Turns signals and the time limit into one abort. The first asks the run to stop in order; a second signal
 * calls `force`, which must not return.
 */
export function interrupts(timeout: number | undefined, force: (cause: Interruption) => void): Interrupts {
  const controller = new AbortController();
  let cause: Interruption | undefined;
  const interrupt = (why: Interruption) => {
    if (cause !== undefined && why !== "timeout" && why !== "output closed") force(why);
    if (cause !== undefined) return;
    cause = why;
    controller.abort(why);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const listeners = signals.map((name) => [name, () => interrupt(name)] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  const timer = timeout === undefined ? undefined : setTimeout(() => interrupt("timeout"), timeout);
  return {
    signal: controller.signal,
    get cause() {
      return cause;
    },
    interrupt,
    end() {
      clearTimeout(timer);
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
