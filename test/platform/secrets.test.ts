import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactor } from "../../src/platform/secrets.js";

const OWN = "canary/key+31415926";
const redact = redactor([OWN, "short"]);

// put together here, so that no secret's shape stands in this file
const of = (...parts: string[]) => parts.join("");
const random = (length: number) => "q7Zk2Vx9Lm4TbR8wNc3Hd6Ys1Fg5JpQaEuXo0iKvMzAtDyBr".repeat(9).slice(0, length);
const hex = (length: number) => "9f3b27c1e8a05d64".repeat(4).slice(0, length);
const capitals = "Q3ZK7VX2LM4TBR8W";

const SHAPES: readonly [string, string][] = [
  ["api-key", of("sk", "-", random(48))],
  ["api-key", of("sk", "-proj-", random(60), "_", random(40))],
  ["api-key", of("sk", "-", hex(32))],
  ["api-key", of("sk", "-or-v1-", hex(64))],
  ["api-key", of("gsk", "_", random(52))],
  ["anthropic-key", of("sk", "-ant-api03-", random(60), "-_", random(31))],
  ...["ghp", "gho", "ghu", "ghs", "ghr"].map((kind): [string, string] => ["github-token", of(kind, "_", random(36))]),
  ["github-token", of("github", "_pat_", random(22), "_", random(59))],
  ["gitlab-token", of("glpat", "-", random(20))],
  ...["a", "b", "p", "r", "s"].map((kind): [string, string] => [
    "slack-token",
    of("xox", kind, "-1234567890-", random(24)),
  ]),
  ["aws-key", of("AK", "IA", capitals)],
  ["aws-key", of("AS", "IA", capitals)],
  ["google-key", of("AI", "za", random(35))],
  ["google-token", of("ya", "29.", random(60))],
  ["stripe-key", of("sk", "_live_", random(24))],
  ["stripe-key", of("rk", "_live_", random(24))],
  ["npm-token", of("npm", "_", random(36))],
  ["pypi-token", of("pypi", "-AgEIcHlwaS5vcmc", random(80))],
  ["huggingface-token", of("hf", "_", random(34))],
  ["sendgrid-key", of("SG", ".", random(22), ".", random(43))],
  ["twilio-key", of("SK", hex(32))],
  ["jwt", of("ey", "JhbGciOiJIUzI1NiJ9.ey", "JzdWIiOiIxMjM0In0.", random(43))],
];

const PEM = ["-----BEGIN RSA PRIVATE KEY-----", random(64), random(64), "-----END RSA PRIVATE KEY-----"];

describe("the shapes of secrets", () => {
  it.each(SHAPES)("knows %s: %s", (kind, secret) => {
    const mark = `[redacted:${kind}]`;
    for (const [before, after] of [
      ["", ""],
      ["a ", " b"],
      ['{"x":"', '"}'],
      ["first\\n", "\\nnext"],
      ["\u001b[31m", "\u001b[0m"],
      ["?q%3D", "&x=1"],
      ["(", ")."],
    ]) {
      expect(redact.text(`${before}${secret}${after}`)).toBe(`${before}${mark}${after}`);
    }
    expect(redact.text(`${secret}\n${secret}`)).toBe(`${mark}\n${mark}`);
  });

  it("knows the whole of a private key, also with escaped line ends and when it was cut off", () => {
    for (const end of ["\n", "\r\n", "\\n", "\\\\n"]) {
      expect(redact.text(`a${end}${PEM.join(end)}${end}b`)).toBe(`a${end}[redacted:private-key]${end}b`);
      expect(redact.text(`${PEM.slice(0, 3).join(end)}${end}and so on`)).toBe(`[redacted:private-key]${end}and so on`);
    }
  });

  it.each([
    ["Authorization: Bearer #", random(30), "authorization"],
    ['"authorization": "Basic #"', "dXNlcjpwYXNz", "authorization"],
    ["curl -H 'Authorization: token #' x", random(30), "authorization"],
    ["'Bearer #'", hex(40), "authorization"],
    ["postgres://ada:#@db.example/app", "hunter2", "url-password"],
    ["https://x:#@host:80/p?q=1", "p%40ss@word", "url-password"],
    ["bot 123456789:#", of("AA", random(33)), "telegram-token"],
    ["https://hooks.slack.com/services/#", of("T0/B0/", random(24)), "slack-webhook"],
    ["aws_secret_access_key = #", random(40), "secret"],
    ['"SecretAccessKey": "#"', of("/", random(20), "/", random(18)), "secret"],
    ["export STRIPE_KEY=#", random(24), "secret"],
    ["MY_API_KEY='#'", hex(32), "secret"],
    ["DB_PASSWORD=#", "aB3$kq9!zL0pXw72", "secret"],
    ['{\\"client_secret\\": \\"#\\"}', random(24), "secret"],
    ["apiKey: `#`,", random(24), "secret"],
    ["//registry.example/:_authToken=#", random(30), "secret"],
    ["GET /x?access_token=#&y=2", random(30), "secret"],
    ["tool --token # --verbose", random(30), "secret"],
    ["api_key: #", "6f1c2d3e-4b5a-4978-8695-a4b3c2d1e0f9", "secret"],
  ])("takes only the secret out of %s", (line, secret, kind) => {
    expect(redact.text(line.replace("#", () => secret))).toBe(line.replace("#", `[redacted:${kind}]`));
  });

  it.each([
    "API_KEY=your-api-key-here",
    "OPENAI_API_KEY=sk-your-key-here-please-12",
    "api_key: xxxxxxxxxxxxxxxxxxxxxxxx",
    "TOKEN=$GITHUB_TOKEN_FOR_CI_2",
    of("TOKEN=$", "{GITHUB_TOKEN}"),
    "const apiKey = process.env.OPENAI_API_KEY_2024;",
    'password: "<your password>"',
    "Authorization: Bearer <token>",
    "Authorization: Bearer $TOKEN",
    "Authorization: Bearer YOUR_TOKEN",
    "Basic authentication and Bearer tokens are different",
    "Authorization: Basic authentication is required",
    `"integrity": "sha512-${random(86)}=="`,
    `sha256=${hex(64)}`,
    `commit ${hex(40)}`,
    "id: 6f1c2d3e-4b5a-4978-8695-a4b3c2d1e0f9",
    "max_tokens: 128000, tokenizer: cl100k_base_2024",
    `cache_key: ${hex(32)}`,
    "public_key: AAAAC3NzaC1lZDI1NTE5AAAAIJ8",
    "secret: app-tls-prod-2024-01-15, token: release-candidate-2024-11",
    "secretName: app-tls-2024, tokenUrl: https://auth.example/oauth2/v1/token12",
    "const token = getToken2FromServerSide(request);",
    "const next = { questionToken: node.questionToken, signKey = xmlSecCryptoAppKeyLoad(file) }",
    "return token = SyntaxKind.LessThanLessThanToken;",
    "key: 'node-modules-v12-linux-x64'",
    "<div class='sk-folding-cube sk-cube1-animation-part-22'>",
    "npm_config_registry=https://registry.npmjs.org npm_lifecycle_event",
    "a task-1234567890abcdefghijkl is no key",
    "http://localhost:8080/a@b and https://example.com:443 (mail ada@example.com)",
    "postgres://user:password@localhost/db and redis://:$PASS@host",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    'START = "-----BEGIN OPENSSH PRIVATE KEY-----"\nEND = "-----END OPENSSH PRIVATE KEY-----"',
    "a file begins with -----BEGIN PRIVATE KEY----- and ends with another line",
    "ASIAN AKIA SG. hf_ eyJ sk- ://",
  ])("leaves alone: %s", (line) => {
    expect(redact.text(line)).toBe(line);
  });
});

describe("own keys", () => {
  it("go in every form, wherever they stand, and short ones are none", () => {
    const forms = [OWN, encodeURIComponent(OWN)];
    for (const form of forms) expect(redact.text(`x${form}y`)).toBe("x[redacted:own-key]y");
    for (const before of ["", "a", "ab", "user:"]) {
      const line = Buffer.from(`${before}${OWN}${before}`).toString("base64");
      expect(redact.text(line)).toContain("[redacted:own-key]");
      expect(redact.text(line).replace("[redacted:own-key]", "").length).toBeLessThan(before.length * 3 + 9);
    }
    expect(redact.text("short")).toBe("short");
  });

  it("are taken out whole when one begins like another", () => {
    expect(redactor(["abcdefgh", "abcdefgh-ijkl"]).text("abcdefgh-ijkl")).toBe("[redacted:own-key]");
  });

  it("do not spoil marks, whatever they are", () => {
    const odd = redactor(["redacted", "own-key]", "[redacted"]);
    const once = odd.text("a redacted [redacted:own-key] b");
    expect(odd.text(once)).toBe(once);
  });
});

describe("plain data", () => {
  it("is redacted in every string, by its name too, and keeps its form", () => {
    const data = {
      a: [OWN, 1, null, { token: random(30), note: "hi" }],
      apiKey: hex(32),
      key: "id-1",
      deep: { n: true },
    };
    expect(redact.json(data)).toEqual({
      a: ["[redacted:own-key]", 1, null, { token: "[redacted:secret]", note: "hi" }],
      apiKey: "[redacted:secret]",
      key: "id-1",
      deep: { n: true },
    });
    expect(redact.json({ [OWN]: 1 })).toEqual({ "[redacted:own-key]": 1 });
    expect(Object.keys(redact.json(JSON.parse('{"__proto__": 1}')))).toEqual(["__proto__"]);
  });

  it("is not followed for ever", () => {
    const [few, many] = [500, 100_000].map((deep) => JSON.parse(`${"[".repeat(deep)}"${OWN}"${"]".repeat(deep)}`));
    expect(JSON.stringify(redact.json(few))).toContain("[redacted:own-key]");
    expect(JSON.stringify(redact.json(many))).toContain("[redacted:depth]");
  });

  it("is left alone where it is told to", () => {
    const data = { opaque: { signature: OWN }, text: OWN };
    expect(redact.json(data, (key) => key === "opaque")).toEqual({ ...data, text: "[redacted:own-key]" });
  });
});

const secret = fc.constantFrom(OWN, PEM.join("\n"), ...SHAPES.map(([, each]) => each));
const word = fc.oneof(
  fc.string(),
  secret,
  fc.constantFrom(
    "token=",
    '"password": "',
    "Bearer ",
    "://u:",
    "@",
    "\\n",
    "key",
    "-",
    "_",
    "[redacted:x]",
    "eyJ",
    "123456789:",
  ),
  fc.string({ unit: fc.constantFrom(..."aB3-_./=:+"), minLength: 10, maxLength: 60 }),
);

describe("redacting", () => {
  it("is done once when it is done twice", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const once = redact.text(words.join(""));
        expect(redact.text(once)).toBe(once);
        expect(redact.json(redact.json(words))).toEqual(redact.json(words));
      }),
      { numRuns: 2000 },
    );
  });

  it("changes nothing but the secret", () => {
    const harmless = fc.string({ unit: fc.constantFrom(..."abc xyz.,()\n 你é\u2028"), maxLength: 40 });
    fc.assert(
      fc.property(harmless, secret, harmless, (before, inside, after) => {
        const text = redact.text(`${before}\n${inside}\n${after}`);
        expect(text.startsWith(`${before}\n[redacted:`)).toBe(true);
        expect(text.slice(before.length)).toMatch(/^\n\[redacted:[a-z-]+\]\n/);
        expect(text.endsWith(`]\n${after}`)).toBe(true);
        expect(redact.text(before + after)).toBe(before + after);
      }),
    );
  });

  // measured: 3 to 80 ms each; what is not linear takes minutes
  it.each([
    "a",
    "eyJ",
    "eyJaaaaaaa.",
    "\\nsk-",
    "token=",
    "--token ",
    "token=a1b2c3d4e5f6a7b8z9 ",
    "-----BEGIN PRIVATE KEY-----\n",
    "://a:",
    "://a:b@",
    "SG.",
    "%3Dsk-",
    "Authorization: Bearer ",
    OWN,
  ])("takes linear time on a megabyte of %j", (piece) => {
    const text = piece.repeat(1e6 / piece.length);
    const began = performance.now();
    redact.text(text);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
