import http from "node:http";
import https from "node:https";
import type { Endpoint } from "./endpoint.js";

export type Reached = { reached: true } | { reached: false; why: string; mend: string };

/** Whether something that speaks HTTP answers at an endpoint within 3 s, and whether it takes the key; costs no tokens. */
export function reach({
  baseUrl,
  apiKey,
  authToken,
}: Pick<Endpoint, "baseUrl" | "apiKey" | "authToken">): Promise<Reached> {
  const url = new URL(baseUrl);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = /\/v\d+$/.test(path) ? `${path}/models` : `${path}/v1/models`;
  const token = authToken ?? apiKey ?? "";
  const headers = { authorization: `Bearer ${token}`, "x-api-key": token, "anthropic-version": "2023-06-01" };
  return new Promise((resolve) => {
    const request = (url.protocol === "https:" ? https : http).get(
      url,
      { headers, timeout: 3000, agent: false },
      (response) => {
        response.destroy();
        const refused = response.statusCode === 401 || response.statusCode === 403;
        resolve(
          refused
            ? {
                reached: false,
                why: `the key is refused (${response.statusCode})`,
                mend: "set a key that is valid there",
              }
            : { reached: true },
        );
      },
    );
    request.on("timeout", () => request.destroy(new Error("no answer within 3 s")));
    request.on("error", (error) => {
      const code = "code" in error ? String(error.code) : error.message;
      resolve({
        reached: false,
        why: `it cannot be reached (${code})`,
        mend: "check the base URL, the network and the proxy variables",
      });
    });
  });
}
