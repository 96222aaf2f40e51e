export type { ScriptedModel } from "./models/scripted/model.js";
export { scriptedModel } from "./models/scripted/model.js";
export type { Quirk } from "./models/scripted/quirks.js";
export type { Script, ScriptedCall, ScriptStep, SeenMessage, SeenRequest, Turn } from "./models/scripted/script.js";
export type { ModelServer } from "./models/scripted/server.js";
export { modelServer } from "./models/scripted/server.js";
