import type { CST, LineCounter, YAMLError } from "yaml";
import type { Fault } from "./parts.js";
import { placeAt, type Reader } from "./yaml-nodes.js";

/** Parses a text as YAML 1.2; gives undefined and one fault, the first, when it is none. */
export async function openYaml(text: string, faults: Fault[]): Promise<Reader | undefined> {
  const { isAlias, isMap, isScalar, isSeq, LineCounter, Parser, parseDocument } = await import("./yaml-library.js");
  const lines = new LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: "error" } as const;
  const plain = text.replace(/\r\n/g, "\n");
  if (isDeep([...new Parser().parse(plain)])) {
    faults.push({ why: "This is nested too deeply to be a goal.", at: { line: 1, column: 1 } });
    return undefined;
  }
  const document = parseDocument(plain, options);
  const [first] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  if (first) {
    faults.push(syntaxFault(first, lines));
    return undefined;
  }
  const is = { map: isMap, seq: isSeq, scalar: isScalar, alias: isAlias };
  return { document, lines, faults, is, aliases: 0 };
}

/** Levels of lists and maps; a goal has five. */
const DEEPEST = 60;

// the library composes by recursion, and where the stack ends an expression that is compiled there ends the process
function isDeep(tokens: readonly CST.Token[]): boolean {
  let level: readonly (CST.Token | null | undefined)[] = tokens;
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth += 1) level = level.flatMap(inside);
  return level.length > 0;
}

function inside(token: CST.Token | null | undefined): (CST.Token | null | undefined)[] {
  if (!token) return [];
  if (token.type === "document") return [token.value];
  return "items" in token ? token.items.flatMap(({ key, value }) => [key, value]) : [];
}

const QUOTE = 'put the text in "quotes"';

const SENTENCES: Record<string, string> = {
  TAB_AS_INDENT: "A tab cannot indent in YAML: use blanks.",
  BLOCK_AS_IMPLICIT_KEY: `": " in an unquoted text begins a key: ${QUOTE}, or mend the indentation of the line after it.`,
  MULTILINE_IMPLICIT_KEY: 'This line is no "key: value".',
  BAD_SCALAR_START: `An unquoted text cannot begin with this character: ${QUOTE}.`,
  TAG_RESOLVE_FAILED: `"!" at the beginning of an unquoted text makes it a tag: ${QUOTE}.`,
  MULTIPLE_DOCS: "A second document begins here: a file holds one goal.",
  BAD_DQ_ESCAPE: 'This "\\" is no escape of YAML: write "\\\\", or put the text in single quotes.',
  BAD_INDENT: "The indentation does not fit the lines above, or a bracket is not closed.",
};

function syntaxFault({ code, pos, message }: YAMLError, lines: LineCounter): Fault {
  const told = `This is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}; perhaps a text wants "quotes".`;
  return { why: SENTENCES[code] ?? told, at: placeAt(lines, pos[0]) };
}
