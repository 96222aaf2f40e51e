import type { Plugin } from "../core/plugin.js";
import { judge, modeOf } from "../plugins/permission.js";
import { verify } from "../plugins/verify.js";
import type { VerifyOptions } from "../plugins/verify-options.js";
import type { Policy } from "./agent.js";
import type { Config } from "./config.js";

type Given = { config: Config; policy: Policy; readable: readonly string[] } & Pick<
  VerifyOptions,
  "outputs" | "redact" | "scope"
>;

/** What checks the changes of a run; undefined where that is switched off. */
export function verification(options: VerifyOptions, { verify: { enabled } }: Config): Plugin | undefined {
  return enabled ? verify(options) : undefined;
}

/** How changes are checked, whether that is done by itself or when a person asks for it. */
export function verifyOptions({ config, policy, readable, outputs, redact, scope }: Given): VerifyOptions {
  const { cwd: root, home, childEnv: env, userHome } = config;
  return {
    ...config.verify,
    home,
    root,
    env,
    outputs,
    redact,
    scope,
    sandbox: policy.sandbox,
    hidden: config.sandbox.hide,
    isPlan: (session) => modeOf(session, policy.mode) === "plan",
    async judge(command, session) {
      const { foresee } = await import("../tools/foresee.js");
      const foresight = await foresee(command, { cwd: root, root, home: userHome, env });
      const effect = { kind: "run" as const, subjects: [command], foresight };
      const sandbox = policy.sandbox !== undefined && (await policy.sandbox.ready()).works;
      const options = { ...policy, root, readable: [...readable, ...policy.writable] };
      const said = judge({ subject: { tool: "bash", effect }, options, mode: modeOf(session, policy.mode), sandbox });
      return { verdict: said.verdict, why: "why" in said ? said.why : said.by };
    },
  };
}
