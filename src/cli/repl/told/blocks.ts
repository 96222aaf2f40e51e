/**
 * A top-level piece of Markdown that nothing later can change. `gap`: a blank line stands before it. Of a fence the
 * lines come one by one, between its two ends.
 */
export type Block =
  | { type: "text" | "item"; text: string; gap: boolean }
  | { type: "fence"; language: string; gap: boolean }
  | { type: "code"; text: string; language: string }
  | { type: "fence end" };

/** Lines of the open block that are told while it is open. */
const NEWEST = 100;

type Fence = { mark: string; indent: number; language: string };
/** What is open. A `lump` is a quote or a table: which of its lines still belong to it is left to the parser. */
type Open =
  | { type: "none" }
  | ({ type: "fence" } & Fence)
  | { type: "paragraph" | "lump" | "indented" }
  | { type: "html"; until: RegExp }
  | { type: "list"; mark: string; number: number; indent: number; fence: Fence | undefined };

/** Cuts Markdown into blocks, a whole line at a time. */
export type Splitter = { line(line: string): Block[]; end(): Block[]; open(): Unfinished };

/** The newest lines of the block that is open, without the line that is not whole yet. */
export type Unfinished = { type: "text" | "item" | "code"; text: string; gap: boolean; language: string };

const FENCE = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})\s*([^\s`]*)/;
const HEADING = /^ {0,3}#{1,6}(\s|$)/;
const RULE = /^ {0,3}([-*_])[ ]*(?:\1[ ]*){2,}$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)/;
const UNDERLINE = /^ {0,3}(=+|-+) *$/;
const TABLE = /^ {0,3}\|?[ :]*-[-|: ]*$/;
/** The tags that end a paragraph. */
const BLOCK_TAG =
  /^ {0,3}<\/?(?:address|article|aside|blockquote|body|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|nav|ol|option|p|param|section|summary|table|tbody|td|tfoot|th|thead|title|tr|ul)(?:\s|\/?>|$)/i;
const HTML: readonly [RegExp, RegExp][] = [
  [/^ {0,3}<(script|pre|style|textarea)([\s>]|$)/i, /<\/(script|pre|style|textarea)>/i],
  [/^ {0,3}<!--/, /-->/],
  [/^ {0,3}<\?/, /\?>/],
  [/^ {0,3}<![A-Z]/i, />/],
  [/^ {0,3}<\/?[a-z][^>]*(>|$)/i, /^\s*$/],
];

type State = {
  open: Open;
  lines: string[];
  /** Blank lines that came since; they count only if what is open goes on. */
  blanks: number;
  gap: boolean;
  /** The list that the newest block was an item of. */
  list: { mark: string; next: number } | undefined;
};

/** Lines come without their ends, tabs already spaces. */
export function splitter(): Splitter {
  const state: State = { open: { type: "none" }, lines: [], blanks: 0, gap: false, list: undefined };
  return {
    line: (line) => take(state, line),
    end: () => finished(state),
    open: () => unfinished(state),
  };
}

function unfinished(state: State): Unfinished {
  const { open, lines, gap, blanks } = state;
  if (open.type === "fence") return { type: "code", text: "", gap: false, language: open.language };
  const some = lines.length > NEWEST ? [...lines.slice(0, 1), ...lines.slice(-NEWEST)] : lines;
  const text = `${textOf({ ...state, lines: some })}${"\n".repeat(blanks)}`;
  if (open.type === "none") return { type: "text", text: "", gap: gap || blanks > 0, language: "" };
  return { type: open.type === "list" ? "item" : "text", text, gap, language: "" };
}

function take(state: State, line: string): Block[] {
  const { open } = state;
  if (open.type === "fence") {
    if (closes(line, open)) return finished(state);
    return [{ type: "code", text: line.replace(new RegExp(`^ {0,${open.indent}}`), ""), language: open.language }];
  }
  const empty = line.trim() === "";
  if (open.type === "html" && !(empty && open.until.test(""))) {
    keep(state, line);
    return open.until.test(line) ? finished(state) : [];
  }
  if (empty && !(open.type === "list" && open.fence)) return blank(state);
  const next = after(open, line, state.blanks > 0);
  if (next === "new") return opened(state, line);
  state.open = next.open;
  keep(state, line);
  return next.ends ? finished(state) : [];
}

function keep(state: State, line: string): void {
  state.lines.push(...Array.from({ length: state.blanks }, () => ""), line);
  state.blanks = 0;
}

function blank(state: State): Block[] {
  const waits = state.open.type === "list" || state.open.type === "indented";
  const ended = waits ? [] : finished(state);
  state.blanks += 1;
  return ended;
}

function opened(state: State, line: string): Block[] {
  const kind = kindOf(line);
  const before = finished(state);
  state.gap ||= state.blanks > 0;
  state.blanks = 0;
  if (kind.type === "list" && kind.mark === state.list?.mark) kind.number = state.list.next;
  state.open = kind;
  if (kind.type === "fence") {
    const { gap } = state;
    state.gap = false;
    return [...before, { type: "fence", language: kind.language, gap }];
  }
  state.lines = [line];
  return isWhole(line, kind) ? [...before, ...finished(state)] : before;
}

function finished(state: State): Block[] {
  const { open, gap, blanks } = state;
  const text = textOf(state);
  state.lines = [];
  state.open = { type: "none" };
  if (open.type === "none") return [];
  state.list = open.type === "list" ? { mark: open.mark, next: open.number + 1 } : undefined;
  if (open.type === "fence") return [{ type: "fence end" }];
  state.gap = blanks > 0;
  state.blanks = 0;
  return [{ type: open.type === "list" ? "item" : "text", text, gap }];
}

// an item says the number that it has in its list, whatever was written
function textOf({ open, lines }: State): string {
  const [first = "", ...rest] = lines;
  const [lead, indent = "", written = "", mark = ""] = /^( *)(\d+)([.)])/.exec(first) ?? [];
  if (open.type !== "list" || lead === undefined) return lines.join("\n");
  const wider = String(open.number).length - written.length;
  const begun = `${indent}${open.number}${mark}${" ".repeat(Math.max(0, -wider))}${first.slice(lead.length)}`;
  const pad = " ".repeat(Math.max(0, wider));
  return [begun, ...rest.map((line) => (indentOf(line) >= open.indent ? pad + line : line))].join("\n");
}

/** What a line that is not blank does to what is open. */
type After = "new" | { open: Open; ends?: boolean };

function after(open: Open, line: string, afterBlank: boolean): After {
  switch (open.type) {
    case "none":
    case "fence":
    case "html":
      return "new";
    case "indented":
      return /^ {4}/.test(line) ? { open } : "new";
    case "list":
      return inList(open, line, afterBlank);
    case "lump":
      return !/^ {0,3}>/.test(line) && interrupts(line) ? "new" : { open };
    case "paragraph":
      if (UNDERLINE.test(line)) return { open, ends: true };
      if (TABLE.test(line) && line.includes("|")) return { open: { type: "lump" } };
      return interrupts(line) ? "new" : { open };
  }
}

function inList(open: Extract<Open, { type: "list" }>, line: string, afterBlank: boolean): After {
  const inner = indentOf(line) >= open.indent;
  const own = line.slice(Math.min(open.indent, indentOf(line)));
  if (open.fence) return { open: closes(own, open.fence) ? { ...open, fence: undefined } : open };
  if (inner) return { open: { ...open, fence: fenceOf(own) } };
  if (afterBlank || ITEM.test(line) || interrupts(line)) return "new";
  return { open };
}

function kindOf(line: string): Open {
  const fence = fenceOf(line);
  if (fence) return { type: "fence", ...fence };
  if (/^ {4}/.test(line)) return { type: "indented" };
  if (HEADING.test(line) || RULE.test(line)) return { type: "paragraph" };
  if (/^ {0,3}>/.test(line)) return { type: "lump" };
  const [, lead = "", mark = "", space = ""] = ITEM.exec(line) ?? [];
  if (mark !== "") {
    const wide = space.length > 4 || space === "" ? 1 : space.length;
    const indent = lead.length + mark.length + wide;
    const fence = fenceOf(line.slice(lead.length + mark.length).trimStart());
    return { type: "list", mark: mark.slice(-1), number: Number.parseInt(mark, 10), indent, fence };
  }
  const [, until] = HTML.find(([begins]) => begins.test(line)) ?? [];
  return until ? { type: "html", until } : { type: "paragraph" };
}

function isWhole(line: string, kind: Open): boolean {
  if (kind.type === "html") return kind.until.test(line);
  return kind.type === "paragraph" && (HEADING.test(line) || RULE.test(line));
}

function interrupts(line: string): boolean {
  if (HEADING.test(line) || FENCE.test(line) || RULE.test(line) || /^ {0,3}>/.test(line)) return true;
  if (/^ {0,3}([-*+]|1[.)]) +\S/.test(line)) return true;
  return BLOCK_TAG.test(line) || HTML.slice(0, 4).some(([begins]) => begins.test(line));
}

function fenceOf(line: string): Fence | undefined {
  const [, indent = "", mark, language = ""] = FENCE.exec(line) ?? [];
  return mark === undefined ? undefined : { mark, indent: indent.length, language };
}

function closes(line: string, { mark }: Fence): boolean {
  const [, closing = ""] = /^ {0,3}(`{3,}|~{3,}) *$/.exec(line) ?? [];
  return closing[0] === mark[0] && closing.length >= mark.length;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
