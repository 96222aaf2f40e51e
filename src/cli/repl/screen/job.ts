// a group that nobody could wake is not stopped by the system, and no SIGCONT comes
const NOT_STOPPED_MS = 100;

/** Stops this process and those it belongs together with, as Ctrl-Z does, until somebody lets them go on. */
export function stopped(): Promise<void> {
  return new Promise((resolve) => {
    const back = () => {
      clearTimeout(timer);
      process.off("SIGCONT", back);
      resolve();
    };
    process.on("SIGCONT", back);
    const timer = setTimeout(back, NOT_STOPPED_MS);
    process.kill(0, "SIGTSTP");
  });
}

/** Restores the terminal however this process ends, but by a signal that nobody handles: before a crash is told, and on exit. */
export function restoreOnExit(screen: { close(): void }): () => void {
  const restore = () => screen.close();
  process.on("exit", restore);
  process.on("uncaughtExceptionMonitor", restore);
  return () => {
    process.off("exit", restore);
    process.off("uncaughtExceptionMonitor", restore);
  };
}
