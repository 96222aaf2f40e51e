import type { Plugin } from "../core/plugin.js";
import { scheduling } from "../plugins/schedule-tool.js";
import { Schedules } from "../plugins/schedules.js";
import { schedulePath } from "../store/schedule-file.js";

/** The tool for a folder's durable schedules; none of them fires here. */
export function schedulesHere(home: string, folder: string, notice: (line: string) => void): Plugin {
  return scheduling(new Schedules({ folder, path: schedulePath(home, folder), notice }));
}
