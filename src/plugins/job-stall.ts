/** What stands at the end of a line that waits for somebody to type. */
const OPEN = /[?:>\])]\s*$/;
const WORDS =
  /\((y\/n|yes\/no)\)|\[(y\/n|yes\/no)\]|\(y\)|press (\w+ key|enter|return)|password|passphrase|continue\?|overwrite\b.*\?|are you sure|do you want|would you like/i;

/** Whether an output ends like a question to a person: with a line that was not finished, or with words that ask. */
export function asks(output: string): boolean {
  const [line = ""] = output.trimEnd().split("\n").slice(-1);
  if (line.trim() === "") return false;
  return WORDS.test(line) || (!/\n\s*$/.test(output) && OPEN.test(line));
}
