import type { Mark } from "../api/types.ts";
import { dateTime } from "../lib/format.ts";
import { runPath } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { kLetters, stateOf, stripInWords, type MarkState } from "../pages/jobs_rows.ts";

// How verdicts look: each has its colour, its letter and its kind of edge. Only what is proven is green.

export const verdictWords = (state: string): string => state.replaceAll("_", " ");

export function VerdictMark({ state }: { state: MarkState }) {
  return <i class={`vmark v-${state}`} aria-hidden="true">{kLetters[state]}</i>;
}

export function VerdictChip({ state }: { state: MarkState }) {
  return <span class={`verdict v-${state}`}><VerdictMark state={state} />{verdictWords(state)}</span>;
}

export function markTitle(mark: Mark): string {
  const lines = [dateTime(mark.nominal_ms, utc.value), verdictWords(stateOf(mark)) + (mark.why ? `: ${mark.why}` : "")];
  if (mark.override) lines.push(`${mark.override.by} says so until ${dateTime(mark.override.until_ms, utc.value)}: ${mark.override.reason}`);
  if (mark.warning) lines.push(`warning: ${mark.warning}`);
  return lines.join("\n");
}

// Occurrences, oldest left; what is planned ahead is hollow, at the right.
export function Strip({ strip, ahead = [] }: { strip: readonly Mark[]; ahead?: readonly number[] }) {
  return (
    <span class="strip" role="group" aria-label={stripInWords(strip)}>
      {[...strip].reverse().map((mark) => (
        <a key={mark.id} href={runPath(mark.id)} tabIndex={-1} title={markTitle(mark)} aria-label={markTitle(mark)} class={`vmark v-${stateOf(mark)}${mark.warning ? " warned" : ""}`}>
          {kLetters[stateOf(mark)]}
        </a>
      ))}
      {ahead.map((ms) => <i key={ms} class="vmark v-planned" title={`${dateTime(ms, utc.value)}\nplanned`} />)}
      {strip.length + ahead.length === 0 && <span class="faint small">none yet</span>}
    </span>
  );
}
