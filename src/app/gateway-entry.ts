/** One entry of NANOCODER_GATEWAY_MODELS as it is written; the tier is not checked. */
export type GatewayEntry = { name: string; tier: string; baseUrl: string; apiKey?: string };

// scheme, host or [IPv6], port, path, and no login; what follows the next colon is the key, whatever is in it
const ENTRY =
  /^(.+?):([^:/]*):\s*(https?:\/\/(?![^/]*@)(?:\[[^\]]*\]|[^:/]*)(?::\d{1,5}(?=[:/]|$))?(?:\/[^:]*)?)(?::(.*))?$/i;

/** Reads `name:tier:base_url:api_key`; a name may have colons and slashes, the key may be missing. */
export function gatewayEntry(text: string): GatewayEntry | undefined {
  const [, name, tier, baseUrl, key = ""] = ENTRY.exec(text.trim()) ?? [];
  if (name === undefined || tier === undefined || baseUrl === undefined) return undefined;
  return {
    name: name.trim(),
    tier: tier.trim(),
    baseUrl: baseUrl.trim(),
    ...(key.trim() === "" ? {} : { apiKey: key.trim() }),
  };
}
