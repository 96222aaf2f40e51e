import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ScriptStep, SeenRequest } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, type Place, place, sessionsIn } from "./nanocoder.js";

const PERSON = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
  required: ["name", "age"],
  additionalProperties: false,
};
const GOOD = '{"name": "Ada", "age": 36}';
const BAD = '{"name": "Ada", "age": "36"}';

type Options = { args?: string[]; schema?: string; where?: Place; prompt?: string };

async function run(script: readonly ScriptStep[], options: Options = {}) {
  const { args = [], schema = JSON.stringify(PERSON), where = place(), prompt = "who?" } = options;
  writeFileSync(join(where.work, "schema.json"), schema);
  await using server = await modelServer(script);
  const all = ["-p", prompt, "--output-schema", "schema.json", ...args];
  const ended = await nanocoder(all, { place: where, env: openaiAt(server.url) });
  return { ...ended, requests: server.requests as readonly SeenRequest[], where };
}

describe("--output-schema", () => {
  it("tells the schema with the prompt, and prints the JSON alone, as it was given", async () => {
    const ended = await run([`Here you are:\n\`\`\`json\n${GOOD}\n\`\`\`\nGoodbye.`]);
    expect(ended).toMatchObject({ code: 0, stdout: `${GOOD}\n`, stderr: "" });
    expect(ended.requests[0]?.lastText).toMatch(/^who\?The final answer to this request must be one JSON value/);
    expect(ended.requests[0]?.lastText).toContain(JSON.stringify(PERSON));
    expect(ended.requests[0]?.system).not.toContain("JSON");
  });

  it("sends back what does not fit, with what is wrong", async () => {
    const ended = await run(["I think it is Ada.", BAD, GOOD]);
    expect(ended).toMatchObject({ code: 0, stdout: `${GOOD}\n` });
    expect(ended.requests[1]?.lastText).toContain("the answer is not JSON");
    expect(ended.stderr).toMatch(/sent back \(1 of 2\): the answer is not JSON\n.*sent back \(2 of 2\): age: must/);
    expect(ended.requests[2]?.lastText).toContain('age: must be of type integer, not "36"');
  });

  it("after two repairs: exit 1, nothing on stdout, and what is wrong", async () => {
    const ended = await run([BAD, BAD, BAD, "never"]);
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.requests).toHaveLength(3);
    expect(ended.stderr).toContain(
      'does not fit the output schema, after 2 repairs: age: must be of type integer, not "36"',
    );
    const json = await run([BAD, BAD, BAD], { args: ["--output-format", "json"] });
    const result = JSON.parse(json.stdout);
    expect(result).toMatchObject({ subtype: "error_provider", is_error: true, result: result.termination_reason });
    expect(result).not.toHaveProperty("structured_output");
  });

  it.each(["json", "stream-json"])("gives %s the value and its text", async (format) => {
    const look = { calls: [{ name: "glob", input: { pattern: "*" } }] };
    const ended = await run([look, GOOD], { args: ["--output-format", format] });
    const result = JSON.parse(ended.stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(result).toMatchObject({ type: "result", subtype: "success", result: GOOD });
    expect(result.structured_output).toEqual({ name: "Ada", age: 36 });
  });

  it("takes an answer that is null for one", async () => {
    const ended = await run(["null"], { schema: '{"type":"null"}', args: ["--output-format", "json"] });
    expect(JSON.parse(ended.stdout)).toMatchObject({ subtype: "success", result: "null", structured_output: null });
  });

  it("joins an answer that was continued before it is judged", async () => {
    const cut = (text: string) => ({ text, stop: "length" });
    const ended = await run([cut("void"), cut(GOOD.slice(0, 9)), GOOD.slice(9)]);
    expect(ended).toMatchObject({ code: 0, stdout: `${GOOD}\n` });
    expect(ended.requests).toHaveLength(3);
    expect(ended.stderr).not.toContain("sent back");
  });

  it("does not hide that something was refused, nor a limit", async () => {
    const net = { calls: [{ name: "http", input: { url: "http://example.invalid/" } }] };
    expect(await run([net, GOOD])).toMatchObject({ code: 4, stdout: `${GOOD}\n` });
    expect(await run([net, BAD, BAD, BAD])).toMatchObject({ code: 1, stdout: "" });
    expect(await run([BAD, GOOD], { args: ["--max-turns", "1"] })).toMatchObject({ code: 3, stdout: "" });
  });

  it("counts and tells anew in a session that goes on with another schema, and with none", async () => {
    const first = await run([BAD, BAD, BAD]);
    const { where } = first;
    const list = '{"type":"array"}';
    const second = await run([GOOD, GOOD, "[]"], { where, schema: list, args: ["-c"], prompt: "a list" });
    expect(second).toMatchObject({ code: 0, stdout: "[]\n" });
    expect(second.requests[0]?.lastText).toContain(list);
    await using server = await modelServer(["as you like"]);
    const third = await nanocoder(["-p", "and now?", "-c"], { place: where, env: openaiAt(server.url) });
    expect(third).toMatchObject({ code: 0, stdout: "as you like\n" });
    expect(server.requests[0]?.lastText).toBe("and now?");
    expect(sessionsIn(where)).toHaveLength(1);
  });

  it("is not fulfilled by a hook that ends the run", async () => {
    const where = place();
    mkdirSync(join(where.home, ".nanocoder"));
    const command = `echo '{"continue":false,"stopReason":"enough"}'`;
    const settings = { hooks: { Stop: [{ hooks: [{ command }] }] } };
    writeFileSync(join(where.home, ".nanocoder/settings.json"), JSON.stringify(settings));
    const ended = await run([BAD, "never"], { where });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("ended before its answer fitted the output schema");
  });
});

describe("a file that is no schema: exit 2, with its place, and nothing is asked", () => {
  it.each([
    ['{"type": "object",\n  "required": "name"}', 'schema.json:2:3: "required" wants a list of different texts'],
    ['{\n  "properties": {"a": {"type":\n"txt"}}}', 'schema.json:2:24: "type" wants one of string'],
    ['{"type": "object",}', 'schema.json:1:19: this is not JSON: a key in "quotes" is wanted here'],
    ["", "schema.json:1:1: this is not JSON"],
    ["[]", "schema.json:1:1: a JSON Schema is wanted here"],
    ['{"anyOf": [{}, {"$ref": "#"}]}', "schema.json:1:1: this schema refers back to itself without an end"],
    ['{"items": {"$ref": "#/$defs/x"}}', 'schema.json:1:12: "#/$defs/x" leads nowhere'],
    [`{"description":"${"x".repeat(100_000)}"}`, "schema.json is larger than 100 kB"],
  ])("%.40j", async (schema, words) => {
    const ended = await run(["never"], { schema });
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(words);
    expect(ended.requests).toEqual([]);
  });

  it("one that cannot be read", async () => {
    const where = place();
    const env = openaiAt("http://127.0.0.1:1");
    const gone = await nanocoder(["-p", "x", "--output-schema", "none.json"], { place: where, env });
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain(`--output-schema: ${join(where.work, "none.json")} cannot be read:`);
    expect((await nanocoder(["-p", "x", "--output-schema", "."], { place: where, env })).code).toBe(2);
  });
});
