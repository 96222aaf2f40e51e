import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export type Guarded = AsyncDisposable & { url: string; registered: number; refreshed: number; expire(): void };

/** An MCP server over HTTP that wants a login, and the authorization server that gives it: both at one address, PKCE checked. */
export async function guardedServer(): Promise<Guarded> {
  const live = { token: 0, challenge: "", registered: 0, refreshed: 0 };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const at = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;

  const json = (response: ServerResponse, value: unknown, status = 200, headers = {}) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));

  const granted = (response: ServerResponse) => {
    live.token += 1;
    json(response, {
      access_token: `token-${live.token}`,
      token_type: "Bearer",
      refresh_token: "again",
      expires_in: 3600,
    });
  };

  type Asked = { searchParams: URLSearchParams; body: string; response: ServerResponse };
  const routes: Record<string, (asked: Asked) => void> = {
    "/.well-known/oauth-protected-resource/mcp": ({ response }) =>
      json(response, { resource: `${at}/mcp`, authorization_servers: [at] }),
    "/.well-known/oauth-authorization-server": ({ response }) =>
      json(response, {
        ...{ issuer: at, authorization_endpoint: `${at}/authorize`, token_endpoint: `${at}/token` },
        ...{ registration_endpoint: `${at}/register`, response_types_supported: ["code"] },
        ...{ code_challenge_methods_supported: ["S256"], token_endpoint_auth_methods_supported: ["none"] },
      }),
    "/register": ({ body, response }) => {
      live.registered += 1;
      json(response, { ...JSON.parse(body), client_id: "a-client" }, 201);
    },
    "/authorize": ({ searchParams, response }) => {
      live.challenge = searchParams.get("code_challenge") ?? "";
      const to = new URL(searchParams.get("redirect_uri") ?? "");
      to.search = new URLSearchParams({ code: "a-code", state: searchParams.get("state") ?? "" }).toString();
      response.writeHead(302, { location: to.href }).end();
    },
    "/token": ({ body, response }) => {
      const given = new URLSearchParams(body);
      const verifier = createHash("sha256")
        .update(given.get("code_verifier") ?? "")
        .digest("base64url");
      const again = given.get("grant_type") === "refresh_token";
      if (again) live.refreshed += 1;
      if (again || verifier === live.challenge) granted(response);
      else json(response, { error: "invalid_grant" }, 400);
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", at);
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    const known = request.headers.authorization === `Bearer token-${live.token}`;
    const where = `Bearer resource_metadata="${at}/.well-known/oauth-protected-resource/mcp"`;
    const route = routes[pathname] ?? (() => void response.writeHead(404).end());
    if (pathname !== "/mcp") route({ searchParams, body, response });
    else if (!known) json(response, {}, 401, { "www-authenticate": where });
    else if (request.method !== "POST") response.writeHead(405).end();
    else
      served(JSON.parse(body), (value) =>
        value === undefined ? response.writeHead(202).end() : json(response, value),
      );
  }

  return {
    url: `${at}/mcp`,
    get registered() {
      return live.registered;
    },
    get refreshed() {
      return live.refreshed;
    },
    expire: () => {
      live.token += 1;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

type Message = { id?: number; method: string; params?: { protocolVersion?: string } };

/** Answers a message to an MCP server that has one tool; nothing for a notification. */
export function served({ id, method, params }: Message, send: (value: unknown) => void): void {
  const result = {
    initialize: {
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: "guarded", version: "1" },
    },
    "tools/list": { tools: [{ name: "secret", inputSchema: { type: "object" } }] },
    "tools/call": { content: [{ type: "text", text: "the secret" }] },
  }[method];
  send(id === undefined ? undefined : { jsonrpc: "2.0", id, result: result ?? {} });
}
