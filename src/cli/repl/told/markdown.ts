import { setCapabilities } from "@earendil-works/pi-tui";
import { visible } from "../../../platform/text.js";
import type { Pane } from "../port.js";
import { untabbed } from "../screen/cells.js";
import type { Theme } from "../theme.js";
import { type Block, splitter, type Unfinished } from "./blocks.js";
import { codeLines, proseLines } from "./markdown-lines.js";

/** Characters of the open block that are drawn with each frame: the newest ones. */
const LIVE = 3000;

/** Markdown that comes in pieces: what is finished is given back, to be shown for good; `live` is the rest. */
export type MarkdownStream = { feed(delta: string): Pane[]; end(): Pane[]; live: Pane };

/** However the text is cut into deltas, the same panes come in the same order. */
export function markdownStream(theme: Theme): MarkdownStream {
  // a link says where it leads, in words
  setCapabilities({ images: null, trueColor: false, hyperlinks: false });
  const blocks = splitter();
  let rest: string[] = [];
  let before: Block["type"] | undefined;

  const shown = (block: Block): Pane => {
    const lead = leadOf(block, before);
    before = block.type;
    return kept((columns) => [...lead, ...linesOf(block, theme, columns)]);
  };
  const take = (line: string) => blocks.line(lineOf(line)).map(shown);
  const feed = (delta: string) => {
    const [first = "", ...more] = delta.split("\n");
    if (first !== "") rest.push(first);
    const panes: Pane[] = [];
    for (const part of more) {
      panes.push(...take(rest.join("")));
      rest = [part];
    }
    return panes;
  };
  const end = () => {
    const last = rest.join("");
    rest = [];
    return [...(last === "" ? [] : take(last)), ...blocks.end().map(shown)];
  };
  const live = memo(({ open, line, columns }: Live) => {
    const text = tailOf(open.type === "code" || open.text === "" ? line : `${open.text}\n${line}`);
    if (text.trim() === "") return [];
    const block: Block = open.type === "code" ? { ...open, type: "code", text } : { ...open, type: open.type, text };
    return [...leadOf(block, before), ...linesOf(block, theme, columns)];
  });
  return {
    feed,
    end,
    live: { render: (columns) => live({ open: blocks.open(), line: lineOf(tailOf(rest.join(""))), columns }) },
  };
}

/** A whole text of Markdown. */
export function markdown(text: string, theme: Theme): Pane {
  const stream = markdownStream(theme);
  const panes = [...stream.feed(text), ...stream.end()];
  return { render: (columns) => panes.flatMap((pane) => pane.render(columns)) };
}

/** A pane that remembers its lines at the newest width. */
export function kept(lines: (columns: number) => readonly string[]): Pane {
  let known: { columns: number; lines: readonly string[] } | undefined;
  return {
    render(columns) {
      if (known?.columns !== columns) known = { columns, lines: lines(columns) };
      return known.lines;
    },
  };
}

type Live = { open: Unfinished; line: string; columns: number };

// what did not change since the last frame is not drawn anew
function memo(lines: (live: Live) => readonly string[]): (live: Live) => readonly string[] {
  let known: { live: Live; lines: readonly string[] } | undefined;
  return (live) => {
    const { open, line, columns } = known?.live ?? {};
    const same = open?.text === live.open.text && open.gap === live.open.gap && open.type === live.open.type;
    if (!known || !same || line !== live.line || columns !== live.columns) known = { live, lines: lines(live) };
    return known.lines;
  };
}

function lineOf(line: string): string {
  return untabbed(visible(line.replace(/\r$/, "")));
}

function tailOf(text: string): string {
  if (text.length <= LIVE) return text;
  const tail = text.slice(-LIVE);
  const at = tail.indexOf("\n");
  return at < 0 ? tail.replace(/^[\udc00-\udfff]/, "") : tail.slice(at + 1);
}

// items follow each other closely, as they were written, and so does a list its lead
function leadOf(block: Block, before: Block["type"] | undefined): string[] {
  if (before === undefined || block.type === "code" || block.type === "fence end") return [];
  return block.type === "item" && !block.gap && before !== "fence end" ? [] : [""];
}

function linesOf(block: Block, theme: Theme, columns: number): string[] {
  switch (block.type) {
    case "fence":
      return codeLines(theme.dim(`\`\`\`${block.language}`), columns);
    case "fence end":
      return [theme.dim("```")];
    case "code":
      return codeLines(coloured(block, theme), columns);
    default:
      return proseLines(block.text, theme, columns);
  }
}

function coloured({ text, language }: { text: string; language: string }, theme: Theme): string {
  if (language !== "diff" && language !== "patch") return text;
  if (text.startsWith("+")) return theme.added(text);
  return text.startsWith("-") ? theme.removed(text) : text;
}
