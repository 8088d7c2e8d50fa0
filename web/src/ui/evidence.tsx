import type { Detection } from "../api/types.ts";
import { count, money } from "../lib/format.ts";
import { Ago, For, words } from "./facts.tsx";

const kResponses: Record<string, string> = { observe: "only observed, as configured", tell: "the agent is told", abort: "the session is aborted" };

// Why Nightshift says so: what repeats, how often, and what it has cost.
export function Evidence({ detection }: { detection: Detection }) {
  return (
    <div class="proof">
      {detection.signature && <div class="signature" title={detection.signature}>{detection.signature}</div>}
      <div class="figures">
        <span><b>{count(detection.count)}×</b> {words(detection.kind)}</span>
        <span>burnt <b>{count(detection.tokens)}</b> tokens, <b>{money(detection.cost_usd)}</b></span>
        <span>for <b><For ms={detection.since_ms} /></b>, last <Ago ms={detection.last_ms} /></span>
        <span>{detection.acted ? `${words(detection.acted.action)}: ${detection.acted.outcome}` : kResponses[detection.response]}</span>
      </div>
      {detection.explanation && <div class="muted">{detection.explanation}</div>}
    </div>
  );
}
