import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, type Place, place, sessionsIn, start } from "./nanocoder.js";

const EVIL = `<script>alert(1)</script> "quoted" 'too' & \u202eback\u001b[2J`;
const EDIT = { calls: [{ name: "edit_file", input: { path: "a.txt", old_text: "helo", new_text: "<b>hello" } }] };
const READ = { text: "I look.", calls: [{ name: "read_file", input: { path: "gone.txt" } }] };

async function ask(where: Place, words: string, script: Parameters<typeof modelServer>[0] = ["done"]): Promise<void> {
  await using server = await modelServer(script);
  const ended = await nanocoder(["-p", words], { place: where, env: openaiAt(server.url) });
  expect([ended.code, server.refusals]).toEqual([0, []]);
}

/** A folder where one run looked, edited, and answered in Markdown. */
async function worked(): Promise<Place> {
  const where = place();
  writeFileSync(join(where.work, "a.txt"), "helo\n");
  await ask(where, EVIL, [READ, EDIT, "Mended:\n```\n<i>code</i>\n```\nand <img src=x> is text"]);
  return where;
}

const pathsOf = ({ home }: Place) => {
  const root = join(home, ".nanocoder/sessions");
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => join(root, name));
};
const idsOf = (where: Place) => pathsOf(where).map((path) => path.split("/").at(-1)?.replace(".jsonl", "") ?? "");

describe("nanocoder sessions", () => {
  it("lists this folder's sessions, newest first, one line each with nothing hidden", async () => {
    const where = await worked();
    await ask(where, "second\nline two");
    const other = { ...where, work: join(where.work, "other") };
    mkdirSync(other.work);
    await ask(other, "elsewhere");
    const { code, stdout, stderr } = await nanocoder(["sessions"], { place: where });
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^\d{8}-\d{6}-\w{4} {2}\d{4}-\d\d-\d\d \d\d:\d\d {5}1 turn {2}second line two$/);
    expect(lines[1]).toContain(String.raw`3 turns  <script>alert(1)</script> "quoted" 'too' & \u{202e}back\u{1b}[2J`);
    const all = await nanocoder(["sessions", "list", "--all", "--json"], { place: where });
    const rows = all.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map(({ cwd, num_turns, title }) => [cwd, num_turns, title])).toEqual([
      [other.work, 1, "elsewhere"],
      [where.work, 1, "second line two"],
      [where.work, 3, EVIL],
    ]);
    expect((await nanocoder(["sessions", "-C", other.work], { place: where })).stdout).toContain("elsewhere");
    const one = await nanocoder(["sessions", "--limit", "1"], { place: where });
    expect([one.stdout.split("\n").length, one.stderr]).toEqual([2, expect.stringContaining("--limit 2 shows more")]);
    const none = await nanocoder(["sessions"], { place: place() });
    expect([none.code, none.stdout]).toEqual([0, expect.stringContaining("--all shows those of other folders")]);
  });

  it("shows a conversation, a call a line, by a beginning of its id or as last", async () => {
    const where = await worked();
    const id = idsOf(where)[0] ?? "";
    const shown = await nanocoder(["sessions", "show", id.slice(0, -2)], { place: where });
    expect([shown.code, shown.stderr]).toEqual([0, ""]);
    expect(shown.stdout).toContain(String.raw`you> <script>alert(1)</script> "quoted" 'too' & \u{202e}back\u{1b}[2J`);
    expect(shown.stdout).toMatch(/^> read_file\(path="gone\.txt"\) {2}failed, \d+ ms: .+$/m);
    expect(shown.stdout).toMatch(/^> edit_file\(path="a\.txt".*\) {2}done, \d+ ms$/m);
    expect(shown.stdout).toContain("nanocoder> Mended:");
    expect((await nanocoder(["sessions", "show"], { place: where })).stdout).toBe(shown.stdout);
    appendFileSync(pathsOf(where)[0] ?? "", "not json\n");
    const damaged = await nanocoder(["sessions", "show", "last"], { place: where });
    expect(damaged.stdout).toBe(shown.stdout);
    expect(damaged.stderr).toMatch(/^nanocoder: 1 damaged line of .* was left out\.\n$/);
  });

  it("says what is wrong with what was asked", async () => {
    const where = await worked();
    await ask(where, "second");
    const id = idsOf(where)[0] ?? "";
    const wrong = [
      [["sessions", "show", `${id.slice(0, -1)}+`], `Did you mean ${id}?`],
      [["sessions", "show", id.slice(0, 4)], "is the beginning of 2 sessions: 2"],
      [["sessions", "shwo"], "Did you mean show?"],
      [["sessions", "--limit", "0"], "whole number"],
      [["sessions", "export", "--format", "pdf"], "md, html"],
      [["sessions", "rm", id], "add --yes"],
      [["-p", "x", "--fork", "-m", "m", "--base-url", "http://127.0.0.1:1"], "--continue or --resume"],
    ] as const;
    for (const [args, words] of wrong) {
      const { code, stdout, stderr } = await nanocoder(args, { place: where });
      expect([args, code, stdout, stderr]).toEqual([args, 2, "", expect.stringContaining(words)]);
    }
    expect(idsOf(where)).toHaveLength(2);
  });
});

describe("nanocoder sessions export", () => {
  it("makes a page of its own: nothing that acts, nothing from elsewhere", async () => {
    const where = await worked();
    const made = await nanocoder(["sessions", "export", "-o", "page.html"], { place: where });
    expect(made).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const page = readFileSync(join(where.work, "page.html"), "utf8");
    expect(page).toContain(
      String.raw`&#60;script&#62;alert(1)&#60;/script&#62; &#34;quoted&#34; &#39;too&#39; &#38; \u{202e}back`,
    );
    expect(page).not.toMatch(/<script|<b>hello|<i>code|<img|\son\w+=|https?:|<link|@import|url\(|[\u202e\u001b]/);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('<span class="del">-helo\n</span><span class="add">+&#60;b&#62;hello\n</span>');
    expect(page).toMatch(/<details class="bad"><summary><code><b>read_file<\/b>/);
    expect(page).toMatch(/<rect class="failed"[^>]*><title>read_file\(path=&#34;gone\.txt&#34;\): failed/);
    expect(page).toMatch(/<title>turn 3: \d+ input, \d+ cache, \d+ output, \$0\.\d{4} \(gpt-4o\)/);
    expect(page).toMatch(/aria-label="Cost of each turn"/);
    expect(page).toContain(
      '<pre class="code">&#60;i&#62;code&#60;/i&#62;</pre><div class="prose">and &#60;img src=x&#62; is text',
    );
    // what an edit changed is seen without a click
    expect(page).toMatch(/<\/details><pre class="diff">/);
    expect(balanced(page)).toEqual([]);
    const again = await nanocoder(["sessions", "export", "-o", "page.html"], { place: where });
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("is there already")]);
    expect(readFileSync(join(where.work, "page.html"), "utf8")).toBe(page);
    expect((await nanocoder(["sessions", "export", "--format", "html"], { place: where })).stdout).toBe(page);
  });

  it("wants a name that says as what, or the format", async () => {
    const where = await worked();
    const refused = await nanocoder(["sessions", "export", "-o", "it.txt"], { place: where });
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('give a name that ends in .md or .html, not "it.txt", or say --format.'),
    ]);
    expect(existsSync(join(where.work, "it.txt"))).toBe(false);
    const said = await nanocoder(["sessions", "export", "-o", "it.txt", "--format", "md"], { place: where });
    expect(said).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(join(where.work, "it.txt"), "utf8")).toMatch(/^# /);
  });

  it("writes Markdown where what was said stays what it is", async () => {
    const { code, stdout } = await nanocoder(["sessions", "export", "last"], { place: await worked() });
    expect(code).toBe(0);
    expect(stdout).toContain("\n```text\n<script>alert(1)</script>");
    expect(stdout).toContain("```\n<i>code</i>\n```\nand \\<img src=x> is text");
    expect(stdout).toContain("```diff\n");
    expect(stdout).toContain("<details><summary><code>read_file(path=&#34;gone.txt&#34;)</code> failed, ");
    expect(stdout).toMatch(/cost: \$0\.\d{4}/);
  });
});

// the tags that are opened and not closed, or closed and not opened
function balanced(page: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, close, name = "", self] of page.matchAll(/<(\/?)([a-z]\w*)[^>]*?(\/?)>/g)) {
    if (self || ["meta", "link", "br"].includes(name)) continue;
    if (!close) open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...open, ...wrong];
}

describe("a fork", () => {
  it("goes on in a new session and leaves the old one as it was, also while that one is open", async () => {
    const where = await worked();
    const [[path = ""], [id]] = [pathsOf(where), idsOf(where)];
    const before = readFileSync(path, "utf8");
    await using server = await modelServer([{ silent: true }, "forked"]);
    const env = openaiAt(server.url);
    const open = start(["-p", "busy", "-c"], { place: where, env });
    await server.arrived(0);
    const busy = readFileSync(path, "utf8");
    const refused = await nanocoder(["-p", "x", "-c"], { place: where, env });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--fork")]);
    const forked = await nanocoder(["-p", "on", "-c", "--fork", "--output-format", "json"], { place: where, env });
    expect([forked.code, JSON.parse(forked.stdout).result]).toEqual([0, "forked"]);
    expect(readFileSync(path, "utf8")).toBe(busy);
    expect(busy.startsWith(before)).toBe(true);
    open.kill("SIGKILL");
    await open.ended;
    const [old = [], copy = []] = sessionsIn(where).sort((a, b) => a.length - b.length);
    const { session_id } = JSON.parse(forked.stdout);
    const seq = busy.trimEnd().split("\n").length - 1;
    expect(copy[0]).toMatchObject({ type: "session", id: session_id, parent: { id, seq } });
    expect(copy.slice(1, old.length)).toEqual(old.slice(1));
    expect(server.refusals).toEqual([]);
    const said = server.requests[1]?.messages.map((message) => message.text).join("\n");
    expect(said).toContain("<script>");
    expect(said).toContain("on");
  });

  it("is made by its own command, which prints the id to go on with", async () => {
    const where = await worked();
    const { code, stdout } = await nanocoder(["sessions", "fork", "last"], { place: where });
    expect([code, idsOf(where)]).toEqual([0, expect.arrayContaining([stdout.trim()])]);
    const outputs = join(where.home, ".nanocoder/outputs", idsOf(where).find((id) => id !== stdout.trim()) ?? "");
    mkdirSync(outputs, { recursive: true });
    writeFileSync(join(outputs, "long.txt"), "what was put aside");
    const read = { calls: [{ name: "read_file", input: { path: join(outputs, "long.txt") } }] };
    await using server = await modelServer([read, "on"]);
    const went = await nanocoder(["-p", "y", "-r", stdout.trim()], { place: where, env: openaiAt(server.url) });
    expect([went.code, went.stdout]).toEqual([0, "on\n"]);
    expect(server.requests[1]?.messages.at(-1)?.text).toContain("what was put aside");
  });
});

describe("nanocoder sessions rm", () => {
  it("removes the file and the outputs, and nothing while another process has it", async () => {
    const where = await worked();
    const [id = "", path = ""] = [idsOf(where)[0], pathsOf(where)[0]];
    const outputs = join(where.home, ".nanocoder/outputs", id);
    mkdirSync(outputs, { recursive: true });
    writeFileSync(join(outputs, "long.txt"), "x");
    await using server = await modelServer([{ silent: true }]);
    const open = start(["-p", "busy", "-c"], { place: where, env: openaiAt(server.url) });
    await server.arrived(0);
    const refused = await nanocoder(["sessions", "rm", id, "--yes"], { place: where });
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/process \d+\)\. Close it first: nothing/),
    ]);
    expect([existsSync(path), existsSync(outputs)]).toEqual([true, true]);
    open.kill("SIGKILL");
    await open.ended;
    const removed = await nanocoder(["sessions", "rm", id, "--yes"], { place: where });
    expect(removed).toMatchObject({ code: 0, stdout: `removed ${id}\n` });
    expect([existsSync(path), existsSync(outputs), existsSync(`${path}.lock`)]).toEqual([false, false, false]);
    expect((await nanocoder(["sessions", "rm", id, "--yes"], { place: where })).code).toBe(2);
  });

  it("is known to the completion scripts", async () => {
    const where = place();
    for (const shell of ["bash", "zsh", "fish"]) {
      const { stdout } = await nanocoder(["completion", shell], { place: where });
      expect(stdout).toContain("list show export fork unfold rm");
    }
  });
});
