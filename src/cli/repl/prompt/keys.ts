import { decodeKittyPrintable, type KeyId, matchesKey, parseKey } from "@earendil-works/pi-tui";

/** What a key does in the prompt, by its name. */
const KEYS: Record<string, string> = {
  left: "left",
  "ctrl+b": "left",
  right: "right",
  "ctrl+f": "right",
  "alt+left": "wordLeft",
  "ctrl+left": "wordLeft",
  "alt+b": "wordLeft",
  "alt+right": "wordRight",
  "ctrl+right": "wordRight",
  "alt+f": "wordRight",
  home: "home",
  "ctrl+a": "home",
  end: "end",
  "ctrl+e": "end",
  "ctrl+home": "first",
  "ctrl+end": "last",
  backspace: "erase",
  "shift+backspace": "erase",
  delete: "erasePast",
  "shift+delete": "erasePast",
  "ctrl+w": "killWordLeft",
  "alt+backspace": "killWordLeft",
  "ctrl+backspace": "killWordLeft",
  "alt+d": "killWordRight",
  "alt+delete": "killWordRight",
  "ctrl+delete": "killWordRight",
  "ctrl+u": "killToHome",
  "ctrl+k": "killToEnd",
  "ctrl+y": "yank",
  "alt+y": "yankBefore",
  "ctrl+-": "undo",
  "ctrl+_": "undo",
  "ctrl+shift+-": "undo",
  "shift+ctrl+-": "undo",
  "shift+ctrl+_": "undo",
  "alt+/": "redo",
  up: "up",
  "ctrl+p": "up",
  down: "down",
  "ctrl+n": "down",
  pageUp: "pageUp",
  pageDown: "pageDown",
  enter: "enter",
  "shift+enter": "newline",
  "alt+enter": "newline",
  "ctrl+enter": "newline",
  "ctrl+j": "newline",
  tab: "tab",
  "shift+tab": "nextMode",
  escape: "escape",
  // two presses that came at once
  "ctrl+alt+[": "escapeTwice",
  "ctrl+c": "cancel",
  "ctrl+d": "endOfInput",
  "ctrl+g": "edit",
  "ctrl+l": "redraw",
  "ctrl+o": "unfold",
  "ctrl+r": "search",
};

/** What a sequence of a terminal does; undefined when it does nothing here. */
export function actionOf(data: string): string | undefined {
  // Ctrl-J, which most terminals also send for Shift-Enter when they were set up to
  if (data === "\n" || data === "\u001b\n") return "newline";
  if (data === "\u001b/") return "redo";
  const name = parseKey(data);
  return name === undefined ? undefined : KEYS[name];
}

/** Whether a key is one of these. */
export function isKey(data: string, ...keys: readonly KeyId[]): boolean {
  return keys.some((key) => matchesKey(data, key));
}

/** The text that a key types; undefined for keys that type none. */
export function typedBy(data: string): string | undefined {
  const told = decodeKittyPrintable(data) ?? byOtherKeys(data);
  if (told !== undefined) return told;
  return /^[^\0-\x1f\x7f-\x9f]+$/.test(data) ? data : undefined;
}

// xterm's modifyOtherKeys: a modifier and a code point; 2 is Shift
function byOtherKeys(data: string): string | undefined {
  const [, modifier, code] = /^\u001b\[27;([12]);(\d{2,7})~$/.exec(data) ?? [];
  if (modifier === undefined || Number(code) < 32 || Number(code) === 127 || Number(code) > 0x10_ffff) return undefined;
  return String.fromCodePoint(Number(code));
}
