import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Gateway, GatewayKey, GatewayLimit, GatewayProbe, GatewayTarget } from "../api/types.ts";
import { now } from "../lib/clock.ts";
import { ago, count, dateTime, money, plural, span } from "../lib/format.ts";
import { utc } from "../lib/settings.ts";
import { messageOf } from "../ui/dialogs.tsx";
import { Ago } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { bestKey, headline, reasonWords, standingOf } from "./models_rows.ts";

const kPollMs = 2000;

interface Seen { gateway: Gateway; at: number }

// Calls to models: who may be asked now, how well they answer, what they cost, and what fell back. Asked anew each two
// seconds while somebody looks.
export function ModelsPage() {
  const [seen, setSeen] = useState<Seen | null>(null);
  const [error, setError] = useState("");
  useEffect(() => {
    let isOurs = true;
    const load = async () => {
      try {
        const gateway = await api.gateway();
        if (!isOurs) return;
        setSeen({ gateway, at: Date.now() });
        setError("");
      } catch (failure) {
        if (isOurs) setError(messageOf(failure));
      }
    };
    void load();
    const timer = setInterval(() => document.hidden || void load(), kPollMs);
    return () => {
      isOurs = false;
      clearInterval(timer);
    };
  }, []);
  return (
    <main class="page">
      <h1 class="sr-only">Models</h1>
      {error && (
        <div class="note s-failing" role="alert"><Icon name="error" /><span>{error}{seen ? ` These numbers are ${span(Date.now() - seen.at)} old.` : ""}</span></div>
      )}
      {seen && !seen.gateway.is_enabled && (
        <div class="empty"><h2>No gateway</h2><p>Name providers and routes under <code>gateway:</code> in nightshift.yaml, and point your agents' base URL here: calls then go on when a provider fails.</p></div>
      )}
      {seen?.gateway.is_enabled && <Found gateway={seen.gateway} at={seen.at} />}
      {!seen && !error && <div class="empty">Asking the gateway…</div>}
    </main>
  );
}

function Found({ gateway, at }: { gateway: Gateway; at: number }) {
  return (
    <>
      <Overview gateway={gateway} at={at} />
      <Routes gateway={gateway} />
      <Limits limits={gateway.limits ?? []} />
      <Fallbacks gateway={gateway} />
    </>
  );
}

function Overview({ gateway, at }: { gateway: Gateway; at: number }) {
  void now.value;
  const isFresh = Date.now() - at < 3 * kPollMs;
  const { tone, text } = headline(gateway);
  return (
    <section class={`card calm s-${isFresh ? tone : "unknown"}`}>
      <Icon name={isFresh ? tone : "unknown"} size={20} />
      <div>
        <h2>{isFresh ? text : "Unknown: no fresh answer"}</h2>
        <p class="muted">
          {count(gateway.calls)} calls since the start, {count(gateway.failed_calls)} without an answer, {count(gateway.fallbacks)} answered by another than the first choice or by none,
          {" "}{plural(gateway.broken_streams ?? 0, "stream")} broke off, {count(gateway.refused_by_limits)} refused by budgets, {plural(gateway.streams_open ?? 0, "stream")} open. As of {ago(Date.now() - at)}.
        </p>
      </div>
    </section>
  );
}

const ms = (value: number | null | undefined) => (value === null || value === undefined ? "–" : value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`);

function Routes({ gateway }: { gateway: Gateway }) {
  const [probes, setProbes] = useState<GatewayProbe[]>([]);
  const [testing, setTesting] = useState("");
  const [failure, setFailure] = useState("");
  const test = async (route: string) => {
    setTesting(route);
    setFailure("");
    try {
      setProbes((await api.testGateway(route)).items);
    } catch (error) {
      setFailure(messageOf(error));
    }
    setTesting("");
  };
  return (
    <section class="card">
      <header><h2>Routes</h2><span class="muted small">targets in the order in which they are tried, since the start</span></header>
      {failure && <div class="note s-failing" role="alert"><Icon name="error" /><span>{failure}</span></div>}
      <div class="scroll-x">
        <table class="table">
          <thead><tr><th>Target</th><th>State</th><th class="num">Calls</th><th class="num">Good</th><th class="num">p50</th><th class="num">p95</th><th class="num">p99</th><th class="num">First token</th><th class="num">Tokens</th><th class="num">Spent</th></tr></thead>
          {(gateway.routes ?? []).map((route) => (
            <tbody key={route.name}>
              <tr>
                <th colSpan={9} scope="rowgroup">{route.name}</th>
                <td class="num"><button class="button small" disabled={testing !== ""} title="A real call of one token to each target" onClick={() => void test(route.name)}>{testing === route.name ? "Testing…" : "Test"}</button></td>
              </tr>
              {route.targets.map((target, at) => (
                <TargetRow key={`${target.provider}/${target.model}/${at}`} target={target} probe={probes.find((each) => each.route === route.name && each.provider === target.provider && each.model === target.model)} />
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}

function TargetRow({ target, probe }: { target: GatewayTarget; probe: GatewayProbe | undefined }) {
  const key = bestKey(target);
  if (!key) return null;
  const standing = standingOf(key);
  const sum = (of: (each: GatewayKey) => number) => target.keys.reduce((total, each) => total + of(each), 0);
  const calls = sum((each) => each.attempts);
  const failures = sum((each) => each.failures);
  return (
    <tr>
      <td><div class="strong">{target.provider}/{target.model}</div><div class="faint small">{[target.kind, target.window ? `${count(target.window)} tokens` : "", target.keys.length > 1 ? `${target.keys.length} keys` : ""].filter(Boolean).join(" · ")}</div></td>
      <td>
        <span class={`state s-${standing.tone}`}><Icon name={standing.tone} size={14} />{standing.word}</span>
        <div class="faint small">{standing.why}</div>
        {probe && <div class={`small s-${probe.is_good ? "passing" : "failing"}`}>test: {probe.is_good ? `ok in ${ms(probe.took_ms)}` : `${reasonWords(probe.outcome)}${probe.http_status ? `, ${probe.http_status}` : ""} ${probe.message}`}</div>}
      </td>
      <td class="num">{count(calls)}</td>
      <td class={`num${calls > 0 && failures / calls > 0.05 ? " has-errors" : ""}`}>{calls === 0 ? "–" : `${((1 - failures / calls) * 100).toFixed(1)} %`}</td>
      <td class="num">{ms(key.took_ms.p50)}</td><td class="num">{ms(key.took_ms.p95)}</td><td class="num">{ms(key.took_ms.p99)}</td>
      <td class="num">{ms(key.first_token_ms.p50)}</td>
      <td class="num">{count(sum((each) => each.input_tokens + each.output_tokens))}</td>
      <td class="num">{target.price ? money(sum((each) => each.cost_usd)) : <span class="faint" title="no price is known">–</span>}</td>
    </tr>
  );
}

function Limits({ limits }: { limits: GatewayLimit[] }) {
  if (limits.length === 0) return null;
  return (
    <section class="card">
      <header><h2>Budgets</h2><span class="muted small">the fullest first; what calls under way may use is counted</span></header>
      <div class="scroll-x">
        <table class="table">
          <thead><tr><th>Budget</th><th>Of</th><th>Used</th><th class="num">Tokens</th><th class="num">Calls</th><th class="num">Spent</th><th>Until</th></tr></thead>
          <tbody>
            {limits.map((limit) => (
              <tr key={`${limit.name}/${limit.subject}`}>
                <td class="strong">{limit.name}<div class="faint small">{limit.scope}, a {limit.per}{limit.model === "*" ? "" : `, ${limit.model}`}</div></td>
                <td>{limit.subject}</td>
                <td>{Math.round(limit.share * 100)} %<div class={`meter ${limit.share > 0.95 ? "s-failed" : limit.share > 0.8 ? "s-warning" : ""}`}><i style={{ width: `${Math.min(100, Math.max(0.5, limit.share * 100))}%` }} /></div></td>
                <td class="num">{count(limit.used.tokens)}{limit.ceiling.tokens ? ` of ${count(limit.ceiling.tokens)}` : ""}</td>
                <td class="num">{count(limit.used.requests)}{limit.ceiling.requests ? ` of ${count(limit.ceiling.requests)}` : ""}</td>
                <td class="num">{money(limit.used.usd)}{limit.ceiling.usd ? ` of ${money(limit.ceiling.usd)}` : ""}</td>
                <td class="nowrap">{dateTime(limit.ends_ms, utc.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Fallbacks({ gateway }: { gateway: Gateway }) {
  const notes = gateway.last_fallbacks ?? [];
  return (
    <section class="card">
      <header><h2>Last fallbacks</h2><span class="muted small">calls that the first choice did not answer, and why</span></header>
      {notes.length === 0 ? <div class="empty">None since the start.</div> : (
        <div class="scroll-x">
          <table class="table">
            <thead><tr><th>When</th><th>Route</th><th>Why</th><th>Answered by</th><th>Agent</th></tr></thead>
            <tbody>
              {notes.map((note, at) => (
                <tr key={`${note.at_ms}/${at}`}>
                  <td class="nowrap"><Ago ms={note.at_ms} /></td>
                  <td>{note.route}</td>
                  <td>{note.from} {reasonWords(note.reason)}</td>
                  <td>{note.to || <span class="state s-failing"><Icon name="failing" size={14} />nobody</span>}</td>
                  <td>{note.agent || <span class="faint">–</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
