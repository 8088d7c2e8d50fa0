// Numbers, money and times as people read them. Pure; the locale is fixed so that a screenshot reads the same everywhere.

const NONE = "–";

export function count(n: number | undefined | null): string {
  if (n === undefined || n === null || !Number.isFinite(n)) return NONE;
  const abs = Math.abs(n);
  if (abs < 10_000) return Math.round(n).toLocaleString("en-US");
  const units: [number, string][] = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];
  for (const [size, unit] of units) {
    if (abs >= size * 0.99995) return trim(n / size) + unit;
  }
  return String(n);
}

function trim(n: number): string {
  const abs = Math.abs(n);
  if (abs >= 100) return n.toFixed(0);
  return abs >= 10 ? n.toFixed(1) : n.toFixed(2);
}

export function rate(n: number | undefined | null): string {
  if (n === undefined || n === null || !Number.isFinite(n)) return NONE;
  if (n !== 0 && Math.abs(n) < 10) return n.toFixed(1);
  return count(n);
}

export function money(usd: number | undefined | null): string {
  if (usd === undefined || usd === null || !Number.isFinite(usd)) return NONE;
  if (usd === 0) return "$0";
  const abs = Math.abs(usd);
  if (abs < 0.0001) return "<$0.0001";
  if (abs < 0.01) return `$${usd.toFixed(4)}`;
  if (abs < 1000) return `$${usd.toFixed(2)}`;
  return `$${count(usd)}`;
}

export function bytes(n: number | undefined | null): string {
  if (n === undefined || n === null || !Number.isFinite(n)) return NONE;
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = n;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value.toFixed(0) : trim(value)} ${units[unit]}`;
}

// A length of time in microseconds: three digits are enough to compare.
export function duration(us: number | undefined | null): string {
  if (us === undefined || us === null || !Number.isFinite(us) || us < 0) return NONE;
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1e6) return `${trim(us / 1000)} ms`;
  if (us < 60e6) return `${trim(us / 1e6)} s`;
  return span(us / 1000);
}

// A length of time in milliseconds, in at most two units: "3 m 20 s", "2 d 4 h".
export function span(ms: number | undefined | null): string {
  if (ms === undefined || ms === null || !Number.isFinite(ms)) return NONE;
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  if (m < 60) return s % 60 && m < 10 ? `${m} m ${s % 60} s` : `${m} m`;
  const h = Math.floor(m / 60);
  if (h < 24) return m % 60 ? `${h} h ${m % 60} m` : `${h} h`;
  const d = Math.floor(h / 24);
  return h % 24 && d < 10 ? `${d} d ${h % 24} h` : `${d} d`;
}

// One unit, for columns: "now", "4 s", "12 m", "3 h", "2 d".
export function age(ms: number): string {
  const s = Math.floor(ms / 1000);
  if (s < 1) return "now";
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m`;
  if (s < 86400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} d`;
}

export function ago(ms: number): string {
  const text = age(ms);
  return text === "now" ? "now" : `${text} ago`;
}

const pad = (n: number, width = 2) => String(n).padStart(width, "0");

interface Parts {
  y: number; mo: number; d: number; h: number; mi: number; s: number; ms: number; offset: number;
}

function partsOf(ms: number, utc: boolean): Parts {
  const t = new Date(ms);
  if (utc) {
    return { y: t.getUTCFullYear(), mo: t.getUTCMonth() + 1, d: t.getUTCDate(), h: t.getUTCHours(), mi: t.getUTCMinutes(), s: t.getUTCSeconds(), ms: t.getUTCMilliseconds(), offset: 0 };
  }
  return { y: t.getFullYear(), mo: t.getMonth() + 1, d: t.getDate(), h: t.getHours(), mi: t.getMinutes(), s: t.getSeconds(), ms: t.getMilliseconds(), offset: -t.getTimezoneOffset() };
}

export function clockTime(ms: number, utc: boolean, withMillis = false): string {
  const p = partsOf(ms, utc);
  return `${pad(p.h)}:${pad(p.mi)}:${pad(p.s)}${withMillis ? `.${pad(p.ms, 3)}` : ""}`;
}

export function shortTime(ms: number, utc: boolean): string {
  const p = partsOf(ms, utc);
  return `${pad(p.h)}:${pad(p.mi)}`;
}

export function dateTime(ms: number, utc: boolean, withMillis = false): string {
  const p = partsOf(ms, utc);
  const sign = p.offset < 0 ? "−" : "+";
  const zone = utc ? "UTC" : `${sign}${pad(Math.floor(Math.abs(p.offset) / 60))}:${pad(Math.abs(p.offset) % 60)}`;
  return `${p.y}-${pad(p.mo)}-${pad(p.d)} ${clockTime(ms, utc, withMillis)} ${zone}`;
}

export function percent(part: number, whole: number): string {
  if (!(whole > 0)) return NONE;
  const p = (100 * part) / whole;
  if (p === 0) return "0 %";
  return p < 0.1 ? "<0.1 %" : `${p < 10 ? p.toFixed(1) : p.toFixed(0)} %`;
}

// "for 4 s"; a moment old is "for 0 s", not "for now".
export function lasting(ms: number): string {
  const text = age(ms);
  return `for ${text === "now" ? "0 s" : text}`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
