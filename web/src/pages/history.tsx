import { useEffect, useMemo, useState } from "preact/hooks";
import { api, ApiError } from "../api/client.ts";
import type { QueryResult } from "../api/types.ts";
import { serverNow } from "../lib/clock.ts";
import { count, dateTime, duration, money, percent, plural } from "../lib/format.ts";
import { place, setSearch, withSearch } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { Chart, type Line } from "../ui/chart.tsx";
import { messageOf } from "../ui/dialogs.tsx";
import { Icon } from "../ui/icons.tsx";
import {
  alignRange, columnOf, isLastGrowing, exportUrl, groupsOverTime, kGroupsMax, kRanges, overTime, seriesOf, sinceKnown, timesOf, topGroups, type GroupBy, type Range,
} from "./history_queries.ts";

interface Answer { range: Range; group: GroupBy; models: QueryResult; tools: QueryResult; top: QueryResult; groups: QueryResult | null; names: string[]; firstMs: number | null }

const kReloadMs = 30_000;

function readRange(search: URLSearchParams): { name: string; range: Range } {
  const from = Number(search.get("from"));
  const to = Number(search.get("to"));
  if (from > 0 && to > from) return { name: "custom", range: alignRange({ from, to }) };
  const [name, , length] = kRanges.find(([each]) => each === search.get("range")) ?? kRanges[1] ?? ["1h", "", 3600e3];
  const now = serverNow();
  return { name, range: alignRange({ from: now - length, to: now }) };
}

// When the oldest event there is happened; retention may move it, so it is asked with each picture.
async function firstEvent(signal: AbortSignal): Promise<number | null> {
  const page = await api.events({ order: "asc", limit: 1 }, signal).catch(() => null);
  const first = page?.items[0];
  return first ? first.time_us / 1000 : null;
}

async function ask(range: Range, group: GroupBy, where: string, signal: AbortSignal): Promise<Answer> {
  const by = group || "agent";
  const [models, tools, top, firstMs] = await Promise.all([
    api.query(overTime("model_call", range, where), signal), api.query(overTime("tool_call", range, where), signal), api.query(topGroups(by, range, where), signal), firstEvent(signal),
  ]);
  const names = top.rows.map((row) => row[0]).filter((name): name is string => typeof name === "string" && name !== "").slice(0, kGroupsMax);
  const groups = group && names.length > 0 ? await api.query(groupsOverTime(group, names, range, where), signal) : null;
  return { range, group, models, tools, top, groups, names, firstMs };
}

export function History() {
  const { search } = place.value;
  const where = search.get("where") ?? "";
  const group = (["agent", "model", "name"].includes(search.get("group") ?? "") ? search.get("group") : "") as GroupBy;
  const rangeKey = `${search.get("range")}|${search.get("from")}|${search.get("to")}`;
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState<ApiError | Error | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    ask(readRange(search).range, group, where, abort.signal).then(
      (result) => {
        setAnswer(result);
        setError(null);
      },
      (failure: unknown) => {
        if (!abort.signal.aborted) setError(failure instanceof Error ? failure : new Error(messageOf(failure)));
      },
    );
    const timer = setTimeout(() => setRound(round + 1), kReloadMs);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [rangeKey, group, where, round]);

  return (
    <main class="page">
      <h1 class="sr-only">History</h1>
      <Controls where={where} group={group} error={error} range={answer?.range ?? null} />
      {error && !(error instanceof ApiError && error.status === 400) && (
        <div class="note s-error" role="alert"><Icon name="error" /><span>The recorder did not answer: {error.message} <button class="button small" onClick={() => setRound(round + 1)}>Try again</button></span></div>
      )}
      {answer && <Charts answer={answer} />}
      {answer && <Table answer={answer} where={where} />}
      {!answer && !error && <div class="empty">Asking the recorder…</div>}
    </main>
  );
}

function Controls({ where, group, error, range }: { where: string; group: GroupBy; error: Error | null; range: Range | null }) {
  const [text, setText] = useState(where);
  useEffect(() => setText(where), [where]);
  const name = readRange(place.value.search).name;
  const isRefused = error instanceof ApiError && error.status === 400;
  const submit = (event: Event) => {
    event.preventDefault();
    setSearch({ where: text.trim() });
  };
  return (
    <div class="stack" style={{ gap: "8px" }}>
      <div class="filters">
        <div class="segments" role="group" aria-label="Time range">
          {kRanges.map(([each, title]) => <button key={each} aria-pressed={name === each} onClick={() => setSearch({ range: each, from: undefined, to: undefined })}>{title}</button>)}
        </div>
        <CustomRange isOn={name === "custom"} range={range} />
        <label class="row"><span class="muted">by</span>
          <select class="input" value={group} aria-label="Group by" onChange={(e) => setSearch({ group: e.currentTarget.value })}>
            <option value="">everything</option><option value="agent">agent</option><option value="model">model</option><option value="name">tool</option>
          </select>
        </label>
        <form class="field where" onSubmit={submit}>
          <Icon name="search" size={14} />
          <input
            class="input" data-filter value={text} spellcheck={false} aria-label="Filter" aria-invalid={isRefused} aria-describedby="where-error"
            placeholder="agent = nightly and (status = error or duration > 5s)" onInput={(e) => setText(e.currentTarget.value)} onBlur={submit}
          />
          <kbd>/</kbd>
        </form>
      </div>
      {isRefused && <div id="where-error" class="note s-error" role="alert"><Icon name="error" /><span><b>This filter was not understood.</b> {error.message}</span></div>}
    </div>
  );
}

function CustomRange({ isOn, range }: { isOn: boolean; range: Range | null }) {
  const [isOpen, setOpen] = useState(false);
  const asInput = (ms: number) => {
    const shown = utc.value ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000;
    return new Date(shown).toISOString().slice(0, 16);
  };
  const fromInput = (text: string) => (utc.value ? Date.parse(`${text}Z`) : Date.parse(text));
  const apply = (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const from = fromInput(String(data.get("from")));
    const to = fromInput(String(data.get("to")));
    if (from > 0 && to > from) setSearch({ from: String(from), to: String(to), range: undefined });
    setOpen(false);
  };
  if (!isOpen) {
    return (
      <button class="button small" aria-pressed={isOn} onClick={() => setOpen(true)}>
        {isOn && range ? `${dateTime(range.from, utc.value).slice(5, 16)} – ${dateTime(range.to, utc.value).slice(5, 16)}` : "Custom"}
      </button>
    );
  }
  return (
    <form class="row wrap" onSubmit={apply}>
      <input class="input" type="datetime-local" name="from" required aria-label="From" defaultValue={range ? asInput(range.from) : ""} />
      <input class="input" type="datetime-local" name="to" required aria-label="To" defaultValue={range ? asInput(range.to) : ""} />
      <button class="button small primary">Show</button>
    </form>
  );
}

function Charts({ answer }: { answer: Answer }) {
  const charts = useMemo(() => {
    const specs = answer.groups ? groupedCharts(answer, answer.groups) : plainCharts(answer);
    for (const spec of specs) spec.lines = spec.lines.map((line) => ({ ...line, values: sinceKnown(line.values, answer.range, answer.firstMs) }));
    return specs;
  }, [answer]);
  const times = useMemo(() => timesOf(answer.range), [answer]);
  const hint = isLastGrowing(answer.range, serverNow()) ? "the last point still grows" : "";
  return <div class="charts">{charts.map((chart) => <Chart key={`${answer.group}${chart.title}`} times={times} hint={hint} {...chart} />)}</div>;
}

interface ChartSpec { title: string; note?: string; lines: Line[]; format: (value: number | null | undefined) => string; isArea?: boolean }

function plainCharts({ models, tools, range }: Answer): ChartSpec[] {
  const line = (name: string, result: QueryResult, column: string): Line => ({ name, values: seriesOf(result, column, range) });
  const read = seriesOf(models, "sum(cache_read_tokens)", range);
  const fresh = seriesOf(models, "sum(input_tokens)", range).map((n, i) => Math.max(0, (n ?? 0) - (read[i] ?? 0)));
  const latency = (result: QueryResult) => [line("p50", result, "p50(duration)"), line("p95", result, "p95(duration)"), line("p99", result, "p99(duration)")];
  return [
    { title: "Calls", lines: [line("model calls", models, "count"), line("tool calls", tools, "count")], format: count, isArea: true },
    { title: "Errors", lines: [line("model calls", models, "errors"), line("tool calls", tools, "errors")], format: count, isArea: true },
    { title: "Tokens", lines: [{ name: "input, fresh", values: fresh }, { name: "output", values: seriesOf(models, "sum(output_tokens)", range) }, { name: "read from cache", values: read }], format: count },
    { title: "Cost", lines: [line("US dollars", models, "sum(cost)")], format: money, isArea: true },
    { title: "Model latency", lines: latency(models), format: duration },
    { title: "Tool latency", lines: latency(tools), format: duration },
  ];
}

function groupedCharts({ range, group, names, top }: Answer, groups: QueryResult): ChartSpec[] {
  const lines = (column: string): Line[] => names.map((name) => ({ name, values: seriesOf(groups, column, range, { column: group, value: name }) }));
  const note = top.rows.length > names.length ? `${names.length} busiest of ${top.is_truncated ? "more than " : ""}${top.rows.length}` : "";
  const charts: ChartSpec[] = [
    { title: group === "name" ? "Tool calls" : "Model calls", note, lines: lines("count"), format: count },
    { title: "Errors", note, lines: lines("errors"), format: count },
    { title: "Latency, p95", note, lines: lines("p95(duration)"), format: duration },
  ];
  if (group === "name") return charts;
  charts.splice(1, 0, { title: "Tokens", note, lines: lines("sum(total_tokens)"), format: count }, { title: "Cost", note, lines: lines("sum(cost)"), format: money });
  return charts;
}

function Table({ answer, where }: { answer: Answer; where: string }) {
  const { top, range } = answer;
  const group = answer.group || "agent";
  const title = { agent: "Agents", model: "Models", name: "Tools" }[group];
  const at = (name: string) => columnOf(top, name);
  const cell = (row: (string | number | null)[], name: string) => (typeof row[at(name)] === "number" ? (row[at(name)] as number) : null);
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
        <span class="muted small">{group === "name" ? "by their tool calls" : "by their model calls"}, {dateTime(range.from, utc.value).slice(0, 16)} to {dateTime(range.to, utc.value).slice(0, 16)}</span>
        <div class="row push">
          <a class="button small" href={exportUrl("ndjson", range, where)} download><Icon name="download" size={13} />NDJSON</a>
          <a class="button small" href={exportUrl("csv", range, where)} download><Icon name="download" size={13} />CSV</a>
        </div>
      </header>
      {top.rows.length === 0 ? <div class="empty">No events in this range{where ? " pass the filter" : ""}.</div> : (
        <div class="scroll-x">
          <table class="table">
            <thead><tr><th>{title.slice(0, -1)}</th><th class="num">Calls</th><th class="num">Errors</th><th class="num">Error rate</th><th class="num">Tokens</th><th class="num">Cost</th><th class="num">p50</th><th class="num">p95</th><th class="num">p99</th></tr></thead>
            <tbody>
              {top.rows.map((row) => {
                const name = String(row[0] ?? "");
                const errors = cell(row, "errors") ?? 0;
                return (
                  <tr key={name}>
                    <td class="strong">{name ? <a href={withSearch("/history", { range: place.value.search.get("range") ?? undefined, where: `${group} = "${name}"` })}>{name}</a> : <span class="muted">unknown</span>}</td>
                    <td class="num">{count(cell(row, "count"))}</td>
                    <td class={`num${errors > 0 ? " has-errors" : ""}`}>{count(errors)}</td>
                    <td class="num">{percent(errors, cell(row, "count") ?? 0)}</td>
                    <td class="num">{count(cell(row, "sum(total_tokens)"))}</td>
                    <td class="num">{money(cell(row, "sum(cost)"))}</td>
                    <td class="num">{duration(cell(row, "p50(duration)"))}</td>
                    <td class="num">{duration(cell(row, "p95(duration)"))}</td>
                    <td class="num">{duration(cell(row, "p99(duration)"))}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      <div class="body small faint" style={{ borderTop: "1px solid var(--line)" }}>
        Answered {answer.models.from_rollup && top.from_rollup ? "from rollups" : `by reading ${plural(answer.models.rows_scanned + answer.tools.rows_scanned + top.rows_scanned, "event")}`} in {duration(Math.max(answer.models.elapsed_us, answer.tools.elapsed_us, top.elapsed_us))}{top.is_truncated ? "; more rows exist than are shown" : ""}. Exports carry the same range and filter.
      </div>
    </section>
  );
}
