import type { Command } from "commander";

/** What a help ends with, for `addHelpText`, as wide as the help above it: a paragraph's lines flow, what is indented stays as it is. */
export function asWide(text: string): (about: { command: Command }) => string {
  return ({ command }) => flowing(text, command.configureOutput().getOutHelpWidth?.() || 80);
}

function flowing(text: string, columns: number): string {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (isSet(line)) lines.push(line);
    else for (const word of line.split(" ")) add(word, lines, columns);
  }
  return lines.join("\n");
}

function add(word: string, lines: string[], columns: number): void {
  const before = lines.at(-1);
  const joined = `${before} ${word}`;
  if (before === undefined || isSet(before) || joined.length > columns) lines.push(word);
  else lines.splice(-1, 1, joined);
}

function isSet(line: string): boolean {
  return line === "" || line.startsWith(" ");
}
