import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { AlertRule, RulePreview } from "../api/incident_types.ts";
import { now, serverNow } from "../lib/clock.ts";
import { count, dateTime, plural, span } from "../lib/format.ts";
import { place } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { messageOf } from "../ui/dialogs.tsx";
import { Ago } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { LabelChips } from "../ui/incident_words.tsx";
import { usePolled, ReadError } from "../ui/polled.tsx";
import { barsOf, conditionOf, gapBarsOf, inRuleOrder, kRanges, kRuleTones, lookedOf, problemsOf, ruleState, ruleWords, whereOf } from "./alerts_rows.ts";

const kEpisodesShown = 50;
const kGapsShown = 5;

// The rules: whether each looked, what it saw, and what it would have done in the past.
export function Rules() {
  const known = usePolled((signal) => api.alertRules(signal));
  const text = (place.value.search.get("q") ?? "").toLowerCase();
  const all = known.value?.items ?? [];
  const found = inRuleOrder(all.filter((rule) => `${rule.name} ${rule.description} ${rule.on} ${rule.where}`.toLowerCase().includes(text)), now.value);
  const problems = problemsOf(all, now.value);
  return (
    <>
      <ReadError what="The rules" isKnown={known.value !== null} error={known.error} onAgain={known.reload} />
      {!known.value && !known.error && <div class="empty">Asking for the rules…</div>}
      {known.value && (
        <section class="card" aria-label="Rules">
          <header><h2>{plural(all.length, "rule")}</h2><span class="muted small">{all.length > 0 && lookedOf(all, now.value)}{problems.length > 0 && `; ${plural(problems.length, "problem")}`}</span></header>
          {all.length === 0 && <div class="empty">No rule looks at anything: nothing will ever be said to be wrong. Add some under <code>alerts:</code> in nightshift.yaml.</div>}
          {all.length > 0 && found.length === 0 && <div class="empty">No rule matches.</div>}
          <ul class="rules">{found.map((rule) => <Row key={rule.name} rule={rule} />)}</ul>
        </section>
      )}
    </>
  );
}

function Row({ rule }: { rule: AlertRule }) {
  const [isOpen, setOpen] = useState(false);
  const state = ruleState(rule, now.value);
  const tone = kRuleTones[state];
  return (
    <li data-rule={rule.name} data-state={state}>
      <span class={`state s-${tone}`}><Icon name={tone} size={14} />{ruleWords(rule, now.value)}</span>
      <span class="title">
        <span class="row wrap"><span class="strong">{rule.name}</span>{rule.is_default && <span class="label" title="Nobody had to write it">default</span>}{rule.severity && <span class="label">{rule.severity}</span>}</span>
        <span class="muted">{rule.description}</span>
        <span class="why">{conditionOf(rule).join(" · ")}{whereOf(rule) && <> · <code>{whereOf(rule)}</code></>}</span>
        {rule.problem && <span class="s-unknown problem"><Icon name="unknown" size={14} /><span>{rule.problem}</span></span>}
      </span>
      <span class="numbers-of muted small">
        <span>{count(rule.firing)} firing, {count(rule.pending)} pending</span>
        <span>fired {count(rule.fired_total)}× since the start</span>
        <span>looked <Ago ms={rule.last_look_ms} /></span>
      </span>
      <button class="button small" aria-expanded={isOpen} aria-label={`Preview ${rule.name}`} onClick={() => setOpen(!isOpen)}>Preview</button>
      {isOpen && <Preview rule={rule.name} />}
    </li>
  );
}

interface Shown { preview: RulePreview | null; overS: number; toMs: number; error: string }

// When the rule would have fired, by what was recorded.
function Preview({ rule }: { rule: string }) {
  const [shown, setShown] = useState<Shown | null>(null);
  const [busy, setBusy] = useState(0);
  const ask = async (overS: number) => {
    setBusy(overS);
    const toMs = serverNow();
    try {
      setShown({ preview: await api.previewRule(rule, overS), overS, toMs, error: "" });
    } catch (failure) {
      setShown({ preview: null, overS, toMs, error: messageOf(failure) });
    }
    setBusy(0);
  };
  return (
    <div class="preview">
      <div class="row wrap">
        <span class="muted">What would it have done in the last</span>
        <span class="segments" role="group" aria-label={`Range of the preview of ${rule}`}>
          {kRanges.map(([title, overS]) => <button key={overS} aria-pressed={shown?.overS === overS} disabled={busy !== 0} onClick={() => void ask(overS)}>{title}</button>)}
        </span>
        {busy !== 0 && <span class="muted">Looking…</span>}
      </div>
      {shown?.error && <div class="note s-error" role="alert"><Icon name="error" />{shown.error}</div>}
      {shown?.preview && (shown.preview.cannot ? <div class="note s-unknown"><Icon name="unknown" /><span>It cannot be previewed: {shown.preview.cannot}</span></div> : <Episodes preview={shown.preview} fromMs={shown.toMs - shown.overS * 1000} toMs={shown.toMs} />)}
    </div>
  );
}

function Episodes({ preview, fromMs, toMs }: { preview: RulePreview; fromMs: number; toMs: number }) {
  const zone = utc.value;
  return (
    <>
      <p data-fired>It would have fired <b>{count(preview.fired)}×</b>; looked at {plural(preview.looks, "moment")}, {preview.step_s === 0 ? "at each change" : `each ${span(preview.step_s * 1000)}`}.</p>
      <div class="episode-bar" role="img" aria-label={`${plural(preview.episodes.length, "episode")} from ${dateTime(fromMs, zone)} to ${dateTime(toMs, zone)}`}>
        {gapBarsOf(preview.gaps, fromMs, toMs).map((bar, i) => <i key={`gap${i}`} class="gap" title={bar.title} style={{ left: `${bar.left}%`, width: `${bar.width}%` }} />)}
        {barsOf(preview.episodes, fromMs, toMs).map((bar, i) => <i key={i} class={bar.isFlapping ? "flapping" : ""} title={bar.title} style={{ left: `${bar.left}%`, width: `${bar.width}%` }} />)}
      </div>
      <div class="row faint small"><span>{dateTime(fromMs, zone)}</span><span class="push">{dateTime(toMs, zone)}</span></div>
      {preview.gaps.length > 0 && (
        <div class="note s-unknown" data-gaps>
          <Icon name="unknown" />
          <ul class="gaps">
            {[...preview.gaps].reverse().slice(0, kGapsShown).map((gap) => <li key={gap.from_ms}>Not known for {span(gap.until_ms - gap.from_ms)} from {dateTime(gap.from_ms, zone).slice(0, 16)}: {gap.why}</li>)}
            {preview.gaps.length > kGapsShown && <li>and {preview.gaps.length - kGapsShown} more such times</li>}
          </ul>
        </div>
      )}
      {preview.notes.map((note) => <p key={note} class="muted small">{note}</p>)}
      <ul class="episodes">
        {[...preview.episodes].reverse().slice(0, kEpisodesShown).map((each, i) => (
          <li key={i}>
            <time class="nowrap" dateTime={new Date(each.starts_ms).toISOString()} title={dateTime(each.starts_ms, zone)}>{dateTime(each.starts_ms, zone).slice(0, 16)}</time>
            <span class="muted nowrap">{each.ends_ms === null ? "still" : span(each.ends_ms - each.starts_ms)}{each.is_flapping ? ", flapping" : ""}</span>
            <span>{each.summary} <LabelChips labels={each.labels} without={["alertname", "severity"]} /></span>
          </li>
        ))}
      </ul>
      {preview.fired > Math.min(kEpisodesShown, preview.episodes.length) && <p class="muted small">The newest {Math.min(kEpisodesShown, preview.episodes.length)} of {count(preview.fired)} are listed.</p>}
    </>
  );
}
