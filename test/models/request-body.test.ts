import { describe, expect, it } from "vitest";
import { type Body, RequestBody } from "../../src/models/request-body.js";

const text = (body: Body) => Buffer.concat(body).toString();
const ends = { head: "[", tail: "]" };

describe("RequestBody", () => {
  it("builds what joining the rows would", () => {
    const body = new RequestBody();
    expect(text(body.build({ ...ends, rows: [] }))).toBe("[]");
    expect(text(body.build({ ...ends, rows: ["1"] }))).toBe("[1]");
    expect(text(body.build({ ...ends, rows: ["1", "ü"] }))).toBe("[1,ü]");
    expect(text(body.build({ ...ends, rows: ["1", "ü"], loose: ["a", "b"] }))).toBe("[1,ü,a,b]");
    expect(text(body.build({ ...ends, rows: ["1", "2"], loose: ["a"] }))).toBe("[1,2,a]");
    expect(text(body.build({ ...ends, rows: [], loose: ["a"] }))).toBe("[a]");
    const long = Array.from({ length: 5000 }, (_, n) => `"row ${n}"`);
    expect(text(body.build({ ...ends, rows: long }))).toBe(`[${long.join(",")}]`);
  });

  it("never writes over what an earlier request may still be sending", () => {
    const body = new RequestBody();
    const first = body.build({ ...ends, rows: ["1", "2", "3"] });
    const second = body.build({ ...ends, rows: ["1", "9"] });
    const third = body.build({ ...ends, rows: ["1", "9", "8"] });
    expect([first, second, third].map(text)).toEqual(["[1,2,3]", "[1,9]", "[1,9,8]"]);
  });

  it("uses the bytes of the request before again", () => {
    const body = new RequestBody();
    const [, before] = body.build({ ...ends, rows: ["1", "2"] });
    const [, after] = body.build({ ...ends, rows: ["1", "2", "3"] });
    expect(after?.buffer).toBe(before?.buffer);
  });
});
