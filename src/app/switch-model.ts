import { state } from "../core/fold.js";
import { MODES } from "../plugins/permission.js";
import type { Opened } from "./assemble.js";
import type { Config } from "./config.js";
import { modelsOf } from "./models.js";
import { MODE, recordSettings } from "./session-settings.js";

/** The same session with the models of another configuration, from its next request on; the log keeps which. */
export async function switchModel(opened: Opened, config: Config, notice: (line: string) => void): Promise<Opened> {
  const models = await modelsOf(config, notice);
  const { log } = opened.agent;
  models.gateway?.keep((fact) => log.append(fact));
  const mode = MODES.find((each) => each === state(log.events, MODE)) ?? config.mode;
  recordSettings(log, { ...config, mode });
  return { ...opened, models, agent: { ...opened.agent, model: models.modelFor("work") } };
}
