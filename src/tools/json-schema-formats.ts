const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;
const BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";

const FORMATS: Record<string, (text: string) => boolean> = {
  date: isDate,
  time: (text) => TIME.test(text),
  "date-time": (text) => isDate(text.slice(0, 10)) && /^t$/i.test(text.slice(10, 11)) && TIME.test(text.slice(11)),
  email: (text) => /^[^\s@"(),:;<>[\]\\]+@[^\s@.]+(\.[^\s@.]+)*$/.test(text),
  uuid: (text) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text),
  uri: (text) => URL.canParse(text),
  ipv4: (text) => new RegExp(`^${BYTE}(\\.${BYTE}){3}$`).test(text),
};

/** Whether a text has a format; one that is not known here forbids nothing. */
export function isFormat(format: string, text: string): boolean {
  return Object.hasOwn(FORMATS, format) ? (FORMATS[format]?.(text) ?? true) : true;
}

// the day must exist: what Date makes of the 31st of June is the 1st of July
function isDate(text: string): boolean {
  const found = DATE.exec(text);
  if (!found) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(found[3]);
}
