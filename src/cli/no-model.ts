import { get } from "node:http";

const OLLAMA = { host: "127.0.0.1", port: 11_434 };

/** What to do when no model is configured: three lines that mend it, and the models of a local Ollama if one answers. */
export async function noModel(): Promise<string> {
  const local = await ollamaModels();
  return [
    "No model is configured. One of these mends it:",
    "  export OPENAI_API_KEY=…       (or DEEPSEEK_API_KEY, ANTHROPIC_API_KEY)",
    "  export OPENAI_BASE_URL=http://localhost:8000/v1   (any compatible endpoint, with -m MODEL)",
    local.length > 0
      ? `  export OPENAI_BASE_URL=http://localhost:11434/v1   (Ollama runs here: -m ${local.slice(0, 5).join(", -m ")})`
      : "  ollama serve, then export OPENAI_BASE_URL=http://localhost:11434/v1",
    "To see it work without any of them: nanocoder demo",
  ].join("\n");
}

/** The models of an Ollama on this machine; none where none answers. */
export function ollamaModels(): Promise<string[]> {
  return new Promise((resolve) => {
    const request = get({ ...OLLAMA, path: "/api/tags", timeout: 300 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        if (body.length < 1_000_000) body += chunk;
      });
      response.on("end", () => resolve(namesIn(body)));
    });
    request.on("timeout", () => request.destroy()).on("error", () => resolve([]));
  });
}

function namesIn(body: string): string[] {
  try {
    const parsed: { models?: { name?: unknown }[] } = JSON.parse(body);
    return (parsed.models ?? []).map((model) => String(model.name));
  } catch {
    return [];
  }
}
