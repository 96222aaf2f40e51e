const SECONDS = { h: 3600, m: 60, s: 1 };

/** Seconds of a text such as `1h30m` or `45s`. */
export function seconds(text) {
  const [, count, unit] = /(\d+)([hms])/.exec(text);
  return Number(count) * SECONDS[unit];
}
