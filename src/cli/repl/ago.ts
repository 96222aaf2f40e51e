import { ageOf } from "../when.js";
import type { Locale } from "./locale.js";

const UNITS: Record<string, string> = { min: "分钟", h: "小时", d: "天", y: "年" };

/** How long ago, as people say it. */
export function ago(at: number, now: number, locale: Locale): string {
  if (now - at < 60_000) return locale === "zh" ? "刚刚" : "just now";
  const age = ageOf(at, now);
  const [count = "", unit = ""] = age.split(" ");
  return locale === "zh" ? `${count} ${UNITS[unit] ?? unit}前` : `${age} ago`;
}
