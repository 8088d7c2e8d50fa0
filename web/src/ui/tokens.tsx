import type { Tokens } from "../api/types.ts";
import { count, percent } from "../lib/format.ts";

// Input includes what was read from and written to caches; output includes reasoning.
export function TokenTable({ tokens }: { tokens: Tokens }) {
  const rows: [string, number, string][] = [
    ["Input", tokens.input, ""],
    ["from cache", tokens.cache_read, `${percent(tokens.cache_read, tokens.input)} of input`],
    ["to cache", tokens.cache_write, ""],
    ["Output", tokens.output, ""],
    ["reasoning", tokens.reasoning, `${percent(tokens.reasoning, tokens.output)} of output`],
  ];
  return (
    <dl class="pairs" style={{ gridTemplateColumns: "auto auto 1fr" }}>
      {rows.map(([name, n, note]) => (
        <>
          <dt style={{ paddingLeft: name[0] === name[0]?.toLowerCase() ? "12px" : "0" }}>{name}</dt>
          <dd class="num strong" title={n.toLocaleString("en-US")}>{count(n)}</dd>
          <dd class="faint">{n > 0 ? note : ""}</dd>
        </>
      ))}
    </dl>
  );
}
