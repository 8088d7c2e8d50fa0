import { useEffect, useState } from "preact/hooks";
import { api, ApiError } from "../api/client.ts";
import type { Source, System, TokenInfo } from "../api/types.ts";
import { fleet, fleetVersion } from "../live/fleet.ts";
import { now } from "../lib/clock.ts";
import { ago, bytes, count, dateTime, percent, plural, span } from "../lib/format.ts";
import { utc } from "../lib/settings.ts";
import { askRevoke, copyText, messageOf, Modal } from "../ui/dialogs.tsx";
import { Ago, For, State } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { Probes } from "./probes.tsx";
import { linesOf } from "./system_numbers.ts";

const kPollMs = 2000;

interface Sample { system: System; at: number }

// Nightshift's own health, by its own numbers; asked anew each two seconds while somebody looks.
export function SystemPage() {
  const [samples, setSamples] = useState<Sample[]>([]);
  const [error, setError] = useState("");
  useEffect(() => {
    let isOurs = true;
    const load = async () => {
      try {
        const system = await api.system();
        if (!isOurs) return;
        setSamples((before) => [{ system, at: Date.now() }, ...before].slice(0, 2));
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
  const [latest, before] = samples;
  return (
    <main class="page">
      <h1 class="sr-only">System</h1>
      {error && (
        <div class="note s-failing" role="alert"><Icon name="error" /><span>{error}{latest ? ` These numbers are ${span(Date.now() - latest.at)} old.` : ""}</span></div>
      )}
      {latest && <Overview system={latest.system} at={latest.at} />}
      {latest && <Panels latest={latest} before={before} />}
      <Sources listed={latest?.system.sources} />
      <Probes />
      <Tokens />
      {!latest && !error && <div class="empty">Asking Nightshift about itself…</div>}
    </main>
  );
}

function Overview({ system, at }: { system: System; at: number }) {
  void now.value;
  const failing = system.failing ?? [];
  const isFresh = Date.now() - at < 3 * kPollMs;
  return (
    <section class={`card calm s-${failing.length > 0 ? "failing" : isFresh ? "passing" : "unknown"}`}>
      <Icon name={failing.length > 0 ? "failing" : isFresh ? "passing" : "unknown"} size={20} />
      <div>
        <h2>{failing.length > 0 ? `${plural(failing.length, "part")} failing` : isFresh ? "No part reports a failure" : "Unknown: no fresh answer"}</h2>
        <p class="muted">
          Nightshift {system.version}, up {span(system.uptime_ms)} since {dateTime(system.started_at_ms, utc.value)}, by its own answer {ago(Date.now() - at)}.
        </p>
        {failing.length > 0 && (
          <ul>
            {failing.map((each) => (
              <li key={each.part}><b>{each.part}</b>: {each.message} {each.since_ms ? <span class="muted">for <For ms={each.since_ms} /></span> : null}</li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

const kParts: [keyof System, string, string][] = [
  ["recorder", "Recorder", "what is kept, and how fast"], ["ingest", "Ingest", "what comes in"], ["live", "Live", "who watches"],
  ["fleet", "Fleet", "what is tracked"], ["http", "HTTP", "who asks"], ["process", "Process", "this program"],
  ["alerts", "Alerts", "what is looked at"], ["incidents", "Incidents", "what people hear of"], ["deliveries", "Deliveries", "whether it arrives"],
];

function Panels({ latest, before }: { latest: Sample; before: Sample | undefined }) {
  const seconds = before ? (latest.at - before.at) / 1000 : 0;
  return (
    <div class="panels">
      {kParts.map(([part, title, what]) => {
        const numbers = latest.system[part] as Record<string, unknown> | undefined;
        const earlier = before?.system[part] as Record<string, unknown> | undefined;
        const lines = numbers ? linesOf(numbers, earlier, seconds) : [];
        return (
          <section class="card" key={part}>
            <header><h2>{title}</h2><span class="muted small">{what}</span></header>
            {lines.length === 0 ? <div class="empty s-unknown"><State value="unknown" /><p>Not reported.</p></div> : (
              <dl class="numbers">
                {lines.map((line) => (
                  <div key={line.name}>
                    <dt>{line.name}</dt>
                    <dd class={line.isBad ? "has-errors" : ""}>
                      {line.text}{line.rate && <small>{line.rate}</small>}
                      {line.meter !== null && <div class={`meter ${line.meter > 0.8 ? "s-failed" : line.meter > 0.5 ? "s-warning" : ""}`}><i style={{ width: `${Math.max(0.5, line.meter * 100)}%` }} /></div>}
                    </dd>
                  </div>
                ))}
              </dl>
            )}
          </section>
        );
      })}
      <Disk disk={latest.system.disk} />
    </div>
  );
}

function Disk({ disk }: { disk: System["disk"] }) {
  const used = disk?.used_bytes;
  const free = disk?.free_bytes;
  const days = disk?.days_left ?? undefined;
  return (
    <section class="card">
      <header><h2>Disk</h2><span class="muted small">where the recorder writes</span></header>
      {used === undefined && free === undefined ? <div class="empty"><State value="unknown" /><p>Not reported.</p></div> : (
        <dl class="numbers">
          <div><dt>Used by Nightshift</dt><dd>{bytes(used)}</dd></div>
          <div><dt>Free</dt><dd>{bytes(free)}{free !== undefined && disk?.total_bytes ? <small>{percent(free, disk.total_bytes)}</small> : null}</dd></div>
          <div><dt>Lasts</dt><dd class={days !== undefined && days < 7 ? "has-errors" : ""}>{days === undefined ? <span class="muted">unknown: too little written yet to tell</span> : `${count(days)} days at this rate`}</dd></div>
        </dl>
      )}
    </section>
  );
}

function Sources({ listed }: { listed: Source[] | undefined }) {
  void fleetVersion.value;
  const sources = new Map((listed ?? []).map((source) => [source.name, source]));
  for (const [name, source] of fleet.sources) if ((sources.get(name)?.state.as_of_ms ?? 0) <= source.state.as_of_ms) sources.set(name, source);
  return (
    <section class="card">
      <header><h2>Sources</h2><span class="muted small">connections Nightshift keeps itself, judged by what they answer and how turns end</span></header>
      {sources.size === 0 ? <div class="empty">None is configured. OpenClaw gateways are listed under <code>sources: openclaw:</code> in nightshift.yaml.</div> : (
        <div class="scroll-x">
          <table class="table">
            <thead><tr><th>Source</th><th>State</th><th>Evidence</th><th class="num">Answer</th><th class="num">Turns ok</th><th class="num">failed</th><th class="num">Events</th><th class="num">Gaps</th><th class="num">Reconnects</th></tr></thead>
            <tbody>{[...sources.values()].map((source) => <SourceRow key={source.name} source={source} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function SourceRow({ source }: { source: Source }) {
  return (
    <tr>
      <td><div class="strong">{source.name}</div><div class="faint small">{[source.kind, source.version, source.protocol ? `protocol ${source.protocol}` : ""].filter(Boolean).join(" · ")}</div></td>
      <td class="nowrap"><State value={source.state.value} /><div class="faint small">for <For ms={source.state.since_ms} /></div></td>
      <td><div>{source.state.why || "no reason given"}</div><div class="faint small">as of <Ago ms={source.state.as_of_ms} /> · {source.state.source}{source.boot_id ? ` · boot ${source.boot_id.slice(0, 8)}` : ""}</div></td>
      <td class="num">{source.round_trip_ms === undefined ? "–" : `${count(source.round_trip_ms)} ms`}<div class="faint small"><Ago ms={source.last_answer_ms} /></div></td>
      <td class="num">{count(source.turns_ok)}</td>
      <td class={`num${source.turns_failed ? " has-errors" : ""}`}>{count(source.turns_failed)}</td>
      <td class="num">{count(source.events_total)}</td>
      <td class={`num${source.gaps_total ? " has-errors" : ""}`}>{count(source.gaps_total)}</td>
      <td class="num">{count(source.reconnects_total)}</td>
    </tr>
  );
}

function Tokens() {
  const [tokens, setTokens] = useState<TokenInfo[] | null>(null);
  const [error, setError] = useState("");
  const [isMaking, setMaking] = useState(false);
  const load = () => void api.tokens().then((answer) => { setTokens(answer.items); setError(""); }, (failure: unknown) => setError(failure instanceof ApiError && failure.status === 403 ? "Only a token with the scope admin may see tokens." : messageOf(failure)));
  useEffect(load, []);
  return (
    <section class="card">
      <header><h2>Tokens</h2><span class="muted small">kept hashed; the text of one is shown once</span>
        {!error && <button class="button small push" onClick={() => setMaking(true)}><Icon name="plus" size={13} />New token</button>}
      </header>
      {error ? <div class="empty">{error}</div> : (
        <div class="scroll-x">
          <table class="table">
            <thead><tr><th>Name</th><th>Scopes</th><th>Tenant</th><th>Made</th><th>Last used</th><th /></tr></thead>
            <tbody>
              {(tokens ?? []).map((token) => (
                <tr key={token.id}>
                  <td class="strong">{token.name}</td>
                  <td><span class="row wrap" style={{ gap: "4px" }}>{token.scopes.map((scope) => <span key={scope} class="label">{scope}</span>)}</span></td>
                  <td>{token.tenant}</td>
                  <td class="nowrap"><Ago ms={token.created_ms} /></td>
                  <td class="nowrap"><Ago ms={token.last_used_ms} /></td>
                  <td class="num"><button class="button small danger" onClick={() => askRevoke(token.id, token.name, load)}>Revoke</button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {isMaking && <MakeToken onClose={() => { setMaking(false); load(); }} />}
    </section>
  );
}

const kScopes: [string, string][] = [["read", "see everything of its tenant"], ["write", "abort, dismiss"], ["ingest", "send telemetry"], ["gateway", "call models"], ["admin", "all of it, and tokens"]];

function MakeToken({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<ReadonlySet<string>>(new Set(["read"]));
  const [made, setMade] = useState<TokenInfo | null>(null);
  const [error, setError] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      setMade(await api.createToken(name.trim(), [...scopes]));
    } catch (failure) {
      setError(messageOf(failure));
    }
  };
  const toggle = (scope: string) => {
    const next = new Set(scopes);
    if (!next.delete(scope)) next.add(scope);
    setScopes(next);
  };
  if (made) {
    return (
      <Modal label="The new token" onClose={onClose}>
        <div class="sheet">
          <h2>Token "{made.name}"</h2>
          <div class="note s-warning"><Icon name="warning" />This is the only time it is shown. Copy it now.</div>
          <pre class="mono" data-token style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", margin: 0, userSelect: "all" }}>{made.token}</pre>
          <div class="actions"><button class="button" onClick={() => void copyText(made.token ?? "")}><Icon name="copy" size={13} />Copy</button><button class="button primary" onClick={onClose}>Done</button></div>
        </div>
      </Modal>
    );
  }
  return (
    <Modal label="New token" onClose={onClose}>
      <form onSubmit={submit}>
        <h2>New token</h2>
        <label>Name<input class="input" name="name" autofocus required maxLength={100} value={name} placeholder="What will use it" onInput={(e) => setName(e.currentTarget.value)} /></label>
        <fieldset style={{ border: 0, padding: 0, margin: 0, display: "grid", gap: "6px" }}>
          <legend class="strong" style={{ marginBottom: "4px" }}>It may</legend>
          {kScopes.map(([scope, what]) => (
            <label key={scope} class="row" style={{ display: "flex", fontWeight: 420 }}><input type="checkbox" checked={scopes.has(scope)} onChange={() => toggle(scope)} /><b>{scope}</b><span class="muted">{what}</span></label>
          ))}
        </fieldset>
        {error && <div class="note s-error" role="alert"><Icon name="error" />{error}</div>}
        <div class="actions"><button type="button" class="button" onClick={onClose}>Cancel</button><button class="button primary" disabled={scopes.size === 0}>Make token</button></div>
      </form>
    </Modal>
  );
}
