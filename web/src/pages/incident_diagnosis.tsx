import type { Cause, Check, Incident } from "../api/incident_types.ts";
import { duration } from "../lib/format.ts";
import { Ago } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { ConclusionChip, FindingWord, Ref } from "../ui/incident_words.tsx";
import { factsOf } from "./incidents_rows.ts";

// What was looked at before anybody was woken, and what it came to.
export function DiagnosisCard({ incident }: { incident: Incident }) {
  const { diagnosis } = incident;
  if (!diagnosis) {
    return (
      <section class="card" aria-label="Diagnosis">
        <header><h2>Diagnosis</h2></header>
        <div class="body muted">None yet: the facts are being gathered, or could not be.</div>
      </section>
    );
  }
  const facts = factsOf(diagnosis);
  const rest = diagnosis.checks.filter((check) => check.finding === "nothing");
  return (
    <section class="card" aria-label="Diagnosis">
      <header>
        <h2>Diagnosis</h2>
        <span class="muted small">facts as of <Ago ms={diagnosis.time_ms} />, gathered in {duration(diagnosis.took_us)}, decided in {duration(diagnosis.decision_us)}</span>
      </header>
      <div class="body stack">
        <p class="verdict-line" data-summary><ConclusionChip conclusion={diagnosis.conclusion} isDiagnosed /><span>{diagnosis.summary}</span></p>
        {!diagnosis.is_complete && <div class="note s-unknown"><Icon name="unknown" /><span>Some facts did not come in time: what they would have said is unknown.</span></div>}
        {diagnosis.is_burning && <div class="note s-failed"><Icon name="looping" /><span>It spends tokens now and gets nowhere.</span></div>}
        <dl class="pairs">
          {diagnosis.next_action && <><dt>Next</dt><dd class="strong">{diagnosis.next_action}</dd></>}
          {diagnosis.response_window && <><dt>Answer within</dt><dd>{diagnosis.response_window}</dd></>}
          <dt>Still works</dt>
          <dd>{diagnosis.works.length > 0 ? <ul>{diagnosis.works.map((each) => <li key={each}>{each}</li>)}</ul> : <span class="muted">nothing is known to</span>}</dd>
        </dl>
      </div>
      {diagnosis.causes.length > 0 && <Causes causes={diagnosis.causes} />}
      {facts.length > 0 && <Checks checks={facts} />}
      {rest.length > 0 && <p class="body muted small">Does not apply here: {rest.map((check) => check.name).join(", ")}.</p>}
    </section>
  );
}

function Causes({ causes }: { causes: readonly Cause[] }) {
  return (
    <ol class="causes" aria-label="Likely causes">
      {causes.map((cause, i) => (
        <li key={i}>
          <span class="num strong">{cause.confidence} %</span>
          <span>
            <span class="strong">{cause.what}</span>
            {cause.why && <div class="muted">{cause.why}</div>}
            <Ref to={cause.evidence} />
          </span>
          <div class="meter"><i style={{ width: `${Math.min(100, Math.max(0, cause.confidence))}%` }} /></div>
        </li>
      ))}
    </ol>
  );
}

function Checks({ checks }: { checks: readonly Check[] }) {
  return (
    <table class="table checks">
      <thead><tr><th scope="col">Check</th><th scope="col">Finding</th><th scope="col">Says</th><th scope="col">Evidence</th></tr></thead>
      <tbody>
        {checks.map((check) => (
          <tr key={check.name}>
            <th scope="row">{check.name}</th>
            <td><FindingWord finding={check.finding} /></td>
            <td>{check.says}</td>
            <td>{check.evidence.length > 0 ? <span class="refs">{check.evidence.map((ref) => <Ref key={ref} to={ref} />)}</span> : <span class="faint">none</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
