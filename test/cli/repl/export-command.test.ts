import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportCommand } from "../../../src/cli/repl/commands/export-command.js";
import type { Event } from "../../../src/core/event.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { nanocoder, openaiAt, place, sessionsIn } from "../nanocoder.js";
import { type Answer, fakeUi } from "./fake-ui.js";

const KEY = "not-of-a-known-shape-1";

/** A session of one prompt and one answer, and how `nanocoder sessions export` shows it. */
async function session(): Promise<{ events: readonly Event[]; id: string; md: string; html: string }> {
  await using server = await modelServer(["It is done."]);
  const where = place();
  await nanocoder(["-p", `do it with ${KEY}`], { place: where, env: openaiAt(server.url) });
  const [events = []] = sessionsIn(where);
  const shown = async (format: string) =>
    (await nanocoder(["sessions", "export", "--format", format], { place: where })).stdout.replaceAll(
      KEY,
      "[redacted:own-key]",
    );
  const head = events.find((event) => event.type === "session");
  return { events, id: head?.id ?? "", md: await shown("md"), html: await shown("html") };
}

const made = session();

async function exported(words: string, answers: readonly Answer[] = [], locale: "en" | "zh" = "en", cwd = fresh()) {
  const ui = fakeUi(answers);
  const { events, id } = await made;
  const path = await exportCommand(words, { ui, locale, cwd, userHome: join(cwd, "home"), id, events, keys: [KEY] });
  return { ui, cwd, path, id };
}

const fresh = () => realpathSync(mkdtempSync(join(tmpdir(), "export-")));

describe("/export", () => {
  it("writes the session under its id, for its user alone, without keys, and says where", async () => {
    const { ui, cwd, path, id } = await exported("");
    expect(path).toBe(join(cwd, `nanocoder-${id}.md`));
    const text = readFileSync(path ?? "", "utf8");
    expect(text).toContain("It is done.");
    expect(text).not.toContain(KEY);
    expect(text).toBe((await made).md);
    expect((statSync(path ?? "").mode & 0o777).toString(8)).toBe("600");
    expect(ui.said).toEqual([{ type: "note", text: `Written: nanocoder-${id}.md` }]);
  });

  it("writes a page by its name, also under the home and into a folder", async () => {
    const { path } = await exported('"my talk.HTML"');
    expect(path?.endsWith("/my talk.HTML")).toBe(true);
    expect(readFileSync(path ?? "", "utf8")).toBe((await made).html);
    const cwd = fresh();
    mkdirSync(join(cwd, "home"));
    expect((await exported("~/x.md", [], "zh", cwd)).ui.text()).toBe("已写入 home/x.md");
    expect((await exported("home", [], "en", cwd)).path).toBe(join(cwd, `home/nanocoder-${(await made).id}.md`));
  });

  it("writes over nothing unasked", async () => {
    const cwd = fresh();
    const file = join(cwd, "a.md");
    writeFileSync(file, "mine", { mode: 0o644 });
    for (const answer of [null, "Keep it"]) {
      const { ui, path } = await exported("a.md", [answer], "en", cwd);
      expect([path, readFileSync(file, "utf8")]).toEqual([undefined, "mine"]);
      expect(ui.asked[0]).toMatchObject({ title: "a.md is there already. Replace it?", at: 1 });
      expect(ui.text()).toBe("Nothing was written.");
    }
    expect((await exported("a.md", ["Replace it"], "en", cwd)).path).toBe(file);
    expect(readFileSync(file, "utf8")).toContain("It is done.");
  });

  it("says what is wrong with a name", async () => {
    const { ui, cwd } = await exported("notes.txt");
    expect(ui.said).toEqual([
      {
        type: "error",
        text: '/export writes Markdown or HTML: give a name that ends in .md or .html, not "notes.txt".',
      },
    ]);
    expect(existsSync(join(cwd, "notes.txt"))).toBe(false);
    expect((await exported("no/such/a.md")).ui.text()).toMatch(
      /no\/such\/a\.md could not be written: there is no folder \S+\/no\/such\.$/,
    );
  });
});
