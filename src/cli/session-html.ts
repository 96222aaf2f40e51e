import type { UserPart } from "../core/message.js";
import { plainText } from "../core/message.js";
import { visible } from "../platform/text.js";
import { argumentsLine, diffOf, firstLine } from "./progress.js";
import { proseHtml } from "./prose-html.js";
import { inputOf } from "./session-markdown.js";
import { counted, useOf, wordsOf } from "./session-text.js";
import { type CallTold, outcomeOf, type Story, type Told } from "./story.js";
import { callTimeline, costPlot, escaped, tokenPlot } from "./svg.js";
import { timeOf } from "./when.js";

/** A session as one page that needs nothing else: no script, no network, and all that was said is text. */
export function htmlOf(story: Story): string {
  const { id, told } = story;
  const calls = told.filter((each) => each.type === "call");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${shown(story.title ?? `Session ${id}`)}</title>
<style>${STYLE}</style></head><body><main>
${headOf(story)}
${section("Calls", callTimeline(calls, story.clock), '<i class="done"></i>done <i class="failed"></i>failed <i class="open"></i>no result; time between prompts is left out')}
${section("Tokens", tokenPlot(story.turns), '<i class="cache"></i>cache <i class="input"></i>input <i class="output"></i>output, by turn')}
${section("Cost", costPlot(story.turns), '<i class="cost"></i>USD by turn, by list price; a turn whose price is not known has no column')}
<section>
${told.map(toldHtml).join("\n")}
</section></main></body></html>
`;
}

// what stands in a page: nothing hidden, nothing that acts
function shown(text: string): string {
  return escaped(visible(text));
}

function headOf(story: Story): string {
  const { id, title, cwd, parent, turns } = story;
  const first = turns[0];
  const facts = [
    ...(title === undefined ? [] : [shown(title)]),
    shown(cwd),
    ...(first ? [timeOf(first.at)] : []),
    ...(parent ? [`a copy of ${shown(parent.id)}, up to its event ${parent.seq}`] : []),
    counted(turns.length, "turn"),
    useOf(story),
  ];
  return `<h1>Session ${shown(id)}</h1><p class="dim">${facts.join(" · ")}</p>`;
}

function section(title: string, svg: string, legend: string): string {
  return svg === "" ? "" : `<section><h2>${title}</h2>${svg}<p class="dim">${legend}</p></section>`;
}

function toldHtml(told: Told): string {
  switch (told.type) {
    case "call":
      return callHtml(told);
    case "prompt":
      return `<article class="prompt"><h3>${told.from === "user" ? "You" : shown(told.from)} <span class="dim">${timeOf(told.at)}</span></h3>${told.parts.map(partHtml).join("")}</article>`;
    case "answer":
      return `<article>${proseHtml(told.text)}</article>`;
    case "thinking":
      return `<details class="dim"><summary>thinking</summary>${block(told.text)}</details>`;
    default:
      return `<div class="dim">${block(told.text)}</div>`;
  }
}

function block(text: string): string {
  return `<pre>${shown(text.trimEnd())}</pre>`;
}

const PICTURE = /^image\/(png|jpeg|gif|webp)$/;

function partHtml(part: UserPart): string {
  const drawable = part.type === "image" && PICTURE.test(part.mime) && /^[A-Za-z0-9+/=]*$/.test(part.data);
  return drawable ? `<img alt="picture" src="data:${part.mime};base64,${part.data}">` : block(wordsOf([part]));
}

function callHtml(told: CallTold): string {
  const { call, result } = told;
  const diff = diffOf(result?.details);
  const name = `<b>${shown(call.name)}</b>(${escaped(argumentsLine(call.input))})`;
  const pictures = result?.parts.filter((part) => part.type === "image").map(partHtml) ?? [];
  const content = [block(inputOf(call.input)), ...(result ? [block(plainText(result.parts))] : [])];
  const why = result?.failed ? `: ${escaped(firstLine(plainText(result.parts)))}` : "";
  const kind = result?.failed ? ' class="bad"' : "";
  const line = `<summary><code>${name}</code> <span class="dim">${outcomeOf(told)}${why}</span></summary>`;
  // what it changed and what it saw need no click
  const seen = [...pictures, ...(diff === undefined ? [] : [diffHtml(diff)])].join("");
  return `<details${kind}>${line}${content.join("")}</details>${seen}`;
}

function diffHtml(diff: string): string {
  const lines = visible(diff).trimEnd().split("\n");
  const kinds = lines.map((line, at) => (at < 2 && /^(---|\+\+\+) /.test(line) ? "at" : diffClass(line)));
  return `<pre class="diff">${lines.map((line, at) => `<span class="${kinds[at]}">${escaped(line)}\n</span>`).join("")}</pre>`;
}

function diffClass(line: string): string {
  if (line.startsWith("+")) return "add";
  if (line.startsWith("-")) return "del";
  return line.startsWith("@@") ? "at" : "same";
}

const STYLE = `
:root{color-scheme:light dark;--dim:#666;--line:#8884;--box:#8881;--blue:#2f6fd0;--red:#c8322b;--green:#1f8a4c;--teal:#1a9c9c}
@media(prefers-color-scheme:dark){:root{--dim:#999;--blue:#6ba3f5;--red:#f0716a;--green:#55c283;--teal:#52c7c7}}
body{font:15px/1.55 system-ui,sans-serif;margin:0}main{max-width:60rem;margin:auto;padding:1rem}
h1{font-size:1.3rem;overflow-wrap:anywhere}h2{font-size:1.05rem}h3{font-size:.95rem;margin:.2rem 0}
.dim{color:var(--dim);font-size:.85rem;overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.45 ui-monospace,monospace;margin:.4rem 0}
.prompt{border-left:4px solid var(--blue);background:var(--box);padding:.4rem .8rem;margin:1.6rem 0 .6rem}.prompt pre{font:inherit}
article,details,.diff{content-visibility:auto;contain-intrinsic-size:auto 2rem}
.prose{white-space:pre-wrap;overflow-wrap:anywhere;margin:.7rem 0}
.prose code{font:13px ui-monospace,monospace;background:var(--box);border-radius:3px;padding:.1em .3em}
.code{background:var(--box);border-radius:4px;padding:.5rem .7rem}
details{border:1px solid var(--line);border-radius:4px;padding:.2rem .6rem;margin:.3rem 0}
details pre{max-height:30rem;overflow-y:auto}details.bad{border-color:var(--red)}
summary{cursor:pointer;overflow-wrap:anywhere;font-size:.9rem}img{max-width:100%;max-height:30rem;min-width:1rem;margin:.3rem 0}
.diff{border:1px solid var(--line);border-radius:4px;margin:.3rem 0 .6rem;padding:.3rem 0}
.diff span{display:block;padding:0 .7rem}.diff .add{background:#2a92}.diff .del{background:#e332}
.diff .add{color:var(--green)}.diff .del{color:var(--red)}.diff .at{color:var(--teal)}
.plot{overflow-x:auto}
svg{width:100%;min-width:40rem;height:auto;display:block;font:12px ui-monospace,monospace;fill:currentColor}svg line{stroke:var(--line)}
svg .tick{font-size:10px;fill:var(--dim)}svg .done,svg .input{fill:var(--blue)}svg .failed{fill:var(--red)}
svg .open{fill:none;stroke:var(--blue)}svg .cache{fill:var(--teal)}svg .output,svg .cost{fill:var(--green)}
i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .8em}i:first-child{margin-left:0}i.done,i.input{background:var(--blue)}
i.failed{background:var(--red)}i.open{border:1px solid var(--blue)}i.cache{background:var(--teal)}i.output,i.cost{background:var(--green)}
`;
