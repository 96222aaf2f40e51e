/** What a worker's answer says of its step: the last line that says so counts. */
export function saidIn(answer: string): { type: "done" } | { type: "failed"; why: string } | undefined {
  const lines = answer.split(/\r?\n/).toReversed();
  const found = lines.flatMap((line) => /^[\s>*_`#-]*STEP (DONE|FAILED)(?![\w-])[\s*_`.:：—-]*(.*)$/u.exec(line) ?? []);
  const [, how, words = ""] = found;
  if (how === "DONE") return { type: "done" };
  return how === "FAILED" ? { type: "failed", why: words.trim().slice(0, 500) || "no reason was given" } : undefined;
}
