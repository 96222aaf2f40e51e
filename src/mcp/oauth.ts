import { randomBytes } from "node:crypto";
import type {
  OAuthClientInformationContext,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import type { Json } from "../core/message.js";
import type { Loopback } from "./loopback.js";
import type { TokenStore } from "./types.js";

/** How a person logs in: where the browser comes back to, and how it gets to the address. */
export type Login = { loopback: Loopback; open(address: URL): void | Promise<void> };

type Kept = {
  client?: StoredOAuthClientInformation;
  tokens?: StoredOAuthTokens;
  discovery?: OAuthDiscoveryState;
  redirect?: string;
};

/** The authorization of one server, by its address: OAuth with PKCE, tokens kept in a file of the user's. */
export class Authorization implements OAuthClientProvider {
  /** A person was sent to the address, and has not come back. */
  asked = false;
  readonly #address: string;
  readonly #store: TokenStore;
  readonly #login: Login | undefined;
  readonly #state = randomBytes(16).toString("base64url");
  #verifier = "";

  constructor(address: string, store: TokenStore, login: Login | undefined) {
    this.#address = address;
    this.#store = store;
    this.#login = login;
    // a registration holds for the address the browser comes back to
    if (login && this.#kept.redirect !== login.loopback.address)
      this.#keep({ redirect: login.loopback.address, client: undefined });
  }

  /** Somebody logged in before. */
  get known(): boolean {
    return this.#kept.tokens !== undefined;
  }

  get redirectUrl(): string {
    return this.#kept.redirect ?? "http://127.0.0.1/callback";
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      client_name: "nanocoder",
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  state(): string {
    return this.#state;
  }

  clientInformation(context?: OAuthClientInformationContext): StoredOAuthClientInformation | undefined {
    return ofIssuer(this.#kept.client, context);
  }

  saveClientInformation(client: StoredOAuthClientInformation, context?: OAuthClientInformationContext): void {
    this.#keep({ client: { ...client, ...context } });
  }

  tokens(context?: OAuthClientInformationContext): StoredOAuthTokens | undefined {
    return ofIssuer(this.#kept.tokens, context);
  }

  saveTokens(tokens: StoredOAuthTokens, context?: OAuthClientInformationContext): void {
    this.#keep({ tokens: { ...tokens, ...context } });
  }

  async redirectToAuthorization(address: URL): Promise<void> {
    // the transport says that it wants a login
    if (this.#login === undefined) return;
    this.asked = true;
    await this.#login.open(address);
  }

  /** What the browser came back with. Rejects when it is not the answer to what was asked. */
  async answered(signal: AbortSignal): Promise<URLSearchParams> {
    this.asked = false;
    if (this.#login === undefined) throw new Error("nobody was asked to log in");
    const answer = await this.#login.loopback.next(signal);
    if (answer.get("state") !== this.#state) throw new Error("the answer to the login is not of this login");
    return answer;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  saveDiscoveryState(discovery: OAuthDiscoveryState): void {
    this.#keep({ discovery });
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#kept.discovery;
  }

  invalidateCredentials(what: "all" | "client" | "tokens" | "verifier" | "discovery"): void {
    if (what === "verifier") this.#verifier = "";
    else if (what === "all") this.#keep({ client: undefined, tokens: undefined, discovery: undefined });
    else this.#keep({ [what]: undefined });
  }

  get #kept(): Kept {
    const kept = this.#store.load(this.#address);
    // written by this class only, into a file of the user's own
    return typeof kept === "object" && kept !== null && !Array.isArray(kept) ? (kept as Kept) : {};
  }

  #keep(more: { [K in keyof Kept]: Kept[K] | undefined }): void {
    // as JSON: what is undefined goes
    const value: Json = JSON.parse(JSON.stringify({ ...this.#kept, ...more }));
    this.#store.save(this.#address, value);
  }
}

function ofIssuer<T extends object>(kept: T | undefined, context?: OAuthClientInformationContext): T | undefined {
  if (kept === undefined || context === undefined || !("issuer" in kept)) return kept;
  return kept.issuer === context.issuer ? kept : undefined;
}
