// A toy of the query language, enough for the UI: conjunctions of comparisons, time buckets, counts, sums and percentiles.
const columns = new Set(["agent", "session", "kind", "status", "name", "model", "source", "provider", "error_type", "duration", "host"]);
const valueOf = (event, column) => {
  switch (column) {
    case "duration": return event.duration_us;
    case "ttft": return event.ttft_us;
    case "cost": return event.cost_usd;
    case "total_tokens": return (event.input_tokens ?? 0) + (event.output_tokens ?? 0);
    default: return event[column];
  }
};

export class BadQuery extends Error {}

export function compileWhere(where) {
  const text = (where ?? "").replace(/[()]/g, (c, at, all) => (/ in $/.test(all.slice(0, at)) || c === ")" && / in \([^()]*$/.test(all.slice(0, at)) ? c : " ")).trim();
  if (text === "") return () => true;
  const tests = text.split(/\s+and\s+/).map((part) => {
    const list = /^(\w+)\s+in\s+\((.*)\)$/.exec(part.trim());
    if (list) {
      const values = new Set(list[2].split(",").map((each) => each.trim().replace(/^"|"$/g, "")));
      return (event) => values.has(String(valueOf(event, list[1]) ?? ""));
    }
    const m = /^(\w+)\s*(=|!=|>|<|~)\s*("(?:[^"\\]|\\.)*"|\S+)$/.exec(part.trim());
    if (!m || !columns.has(m[1])) throw new BadQuery(`unknown column "${part.trim().split(/\s/)[0]}"; did you mean "${part.trim()[0] === "m" ? "model" : "agent"}"?`);
    const wanted = m[3].replace(/^"|"$/g, "").replaceAll('\\"', '"');
    const units = { us: 1, ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9 };
    const number = /^([\d.]+)(us|ms|s|m|h)?$/.exec(wanted);
    const limit = number ? Number(number[1]) * (units[number[2]] ?? 1) : NaN;
    return (event) => {
      const value = valueOf(event, m[1]) ?? "";
      if (m[2] === "=") return String(value) === wanted;
      if (m[2] === "!=") return String(value) !== wanted;
      if (m[2] === "~") return String(value).toLowerCase().includes(wanted.toLowerCase());
      return m[2] === ">" ? value > limit : value < limit;
    };
  });
  return (event) => tests.every((test) => test(event));
}

export function runQuery(events, request) {
  const started = performance.now();
  const test = compileWhere(request.where);
  const groups = new Map();
  const groupBy = request.group_by ?? [];
  const bucket = { "1m": 60e3, "1h": 3600e3, "1d": 86400e3 };
  for (const event of events) {
    const ms = event.time_us / 1000;
    if (ms < request.from_ms || ms >= request.to_ms || !test(event)) continue;
    const key = groupBy.map((column) => {
      const time = /^time\((\w+)\)$/.exec(column);
      return time ? Math.floor(ms / bucket[time[1]]) * bucket[time[1]] : (valueOf(event, column) ?? "");
    });
    const name = JSON.stringify(key);
    const group = groups.get(name) ?? { key, events: [] };
    group.events.push(event);
    groups.set(name, group);
  }
  const aggregate = (list, text) => {
    if (text === "count") return list.length;
    if (text === "errors") return list.filter((event) => event.status === "error").length;
    const m = /^(\w+)\((\w+)\)$/.exec(text);
    const values = list.map((event) => valueOf(event, m[2])).filter((value) => typeof value === "number");
    if (m[1] === "sum") return values.reduce((a, b) => a + b, 0);
    if (values.length === 0) return null;
    values.sort((a, b) => a - b);
    return values[Math.min(values.length - 1, Math.floor((Number(m[1].slice(1)) / 100) * values.length))];
  };
  const rows = [...groups.values()].map((group) => [...group.key, ...request.aggregates.map((text) => aggregate(group.events, text))]);
  const names = [...groupBy.map((column) => (column.startsWith("time(") ? "time" : column)), ...request.aggregates];
  const order = request.order_by ?? "";
  const at = names.indexOf(order.replace(/^-/, ""));
  if (at >= 0) rows.sort((a, b) => (a[at] < b[at] ? -1 : a[at] > b[at] ? 1 : 0) * (order.startsWith("-") ? -1 : 1));
  return { columns: names, rows: rows.slice(0, request.limit ?? 1000), is_truncated: rows.length > (request.limit ?? 1000), from_rollup: true, rows_scanned: 0, elapsed_us: Math.round((performance.now() - started) * 1000) };
}
