import { visibleWidth } from "@earendil-works/pi-tui";
import { describe, expect, it } from "vitest";
import { gatewayCommand } from "../../../src/cli/repl/commands/gateway-command.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { place } from "../nanocoder.js";
import { opened } from "./sessions.js";

const down = { error: { status: 402, message: "Payment Required" } };

describe("/gateway", () => {
  it.each([
    ["en" as const, ["model", "tier", "state"], "rests", "working"],
    ["zh" as const, ["模型", "层级", "状态"], "休息", "正常"],
  ])("tells in %s how each model stands and what it did, in columns", async (locale, heads, rests, works) => {
    await using one = await modelServer([down]);
    await using two = await modelServer(["done by two"]);
    const env = { NANOCODER_GATEWAY_MODELS: `gpt-4o:strong:${one.url}:,无名模型:fast:${two.url}:` };
    await using made = await opened({ where: place(), url: "", env, locale });
    await made.prompt("hi");
    gatewayCommand(made.desk, "");
    const lines = made.told().split("\n").slice(-5);
    const cells = lines.map((line) => line.split(/ {2,}/));
    expect(cells[0]?.slice(0, 3)).toEqual(heads);
    expect(cells[1]).toMatchObject([
      "gpt-4o",
      "strong",
      expect.stringMatching(new RegExp(`^${rests} (30\\.0|29\\.\\d) s$`)),
      "1",
      "1",
      "-",
      "0",
      "0",
      "$0.0000",
    ]);
    expect(cells[2]?.slice(0, 5)).toEqual(["无名模型", "fast", works, "1", "0"]);
    const column = (line: string, cell: string) => visibleWidth(line.slice(0, line.indexOf(cell)));
    expect(column(lines[1] ?? "", "strong")).toBe(column(lines[2] ?? "", "fast"));
    expect(column(lines[0] ?? "", heads[2] ?? "")).toBe(column(lines[2] ?? "", works));
    expect(lines[4]).toMatch(/无名模型/);
  });

  it("says what would configure one where there is none", async () => {
    await using server = await modelServer([]);
    await using made = await opened({ where: place(), url: server.url });
    gatewayCommand(made.desk, "");
    expect(made.told()).toMatch(
      /^There is no gateway: gpt-4o is asked for everything\..*NANOCODER_GATEWAY_MODELS=name:tier:base_url:api_key/,
    );
    expect(() => gatewayCommand(made.desk, "x")).toThrow("/gateway takes no words.");
  });
});
