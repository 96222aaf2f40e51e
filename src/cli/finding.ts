/** Something that was looked at: as it should be, worth knowing, or to be mended. */
export type Finding = { level: "good" | "note" | "bad"; what: string; mend?: string };
