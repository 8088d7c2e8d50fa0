// Sends known telemetry with real OpenTelemetry exporters and agent SDKs, and asks Nightshift what it counted.
//   node main.mjs <base url> <token>
import { ask, check, finish } from "./checks.mjs";
import { sendLangfuse, sendVercel } from "./agents.mjs";
import { logExporters, metricExporters, traceExporters } from "./exporters.mjs";
import { agentSpans, claudeLogs, openclawTokens } from "./records.mjs";

const [base, token] = process.argv.slice(2);
const run = `e2e-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;

const send = (exporter, records) =>
  new Promise((resolve, reject) => exporter.export(records, ({ code, error }) => (code === 0 ? resolve() : reject(error))));

for (const [name, exporter] of traceExporters(base, token)) {
  const session = `${run}-${name}`;
  const { spans, expected } = agentSpans(session);
  for (const round of ["first", "again"]) {
    await send(exporter, spans); // the second time each span is a duplicate
    const [calls] = await ask(base, token, session, "kind = model_call");
    const [tools] = await ask(base, token, session, "kind = tool_call");
    check(`${name}: model calls, sent ${round}`, calls?.count, expected.calls);
    check(`${name}: tool calls, sent ${round}`, tools?.count, expected.tools);
    check(`${name}: input tokens, sent ${round}`, calls?.input, expected.input);
    check(`${name}: output tokens, sent ${round}`, calls?.output, expected.output);
    check(`${name}: cost, sent ${round}`, calls?.cost.toFixed(6), expected.cost.toFixed(6));
  }
}

for (const [name, exporter] of logExporters(base, token)) {
  const session = `${run}-${name}`;
  const { records, expected } = await claudeLogs(session);
  for (const round of ["first", "again"]) {
    await send(exporter, records);
    const [calls] = await ask(base, token, session, "kind = model_call");
    check(`${name}: api_request logs, sent ${round}`, calls?.count, expected.calls);
    check(`${name}: input with caches, sent ${round}`, calls?.input, expected.input);
    check(`${name}: output, sent ${round}`, calls?.output, expected.output);
  }
}

for (const [name, exporter] of metricExporters(base, token)) {
  const session = `${run}-${name}`;
  const meter = openclawTokens(session);
  let total = 0;
  for (const added of [100, 50, 0, 7]) {
    total += added;
    const metrics = await meter.add(added);
    await send(exporter, metrics);
    await send(exporter, metrics);
    const [samples] = await ask(base, token, session, "kind = sample");
    check(`${name}: cumulative counter at ${total}`, samples?.input, total);
  }
  await meter.stop();
}

const vercel = await sendVercel(traceExporters(base, token)[0][1], `${run}-vercel`);
const [vercelCalls] = await ask(base, token, `${run}-vercel`, "kind = model_call");
check("Vercel AI: calls", vercelCalls?.count, vercel.calls);
check("Vercel AI: input tokens, counted once", vercelCalls?.input, vercel.input);
check("Vercel AI: output tokens, counted once", vercelCalls?.output, vercel.output);

const langfuse = await sendLangfuse(base, token, `${run}-langfuse`);
const [generations] = await ask(base, token, `${run}-langfuse`, "kind = model_call");
check("Langfuse: generations", generations?.count, langfuse.calls);
check("Langfuse: total tokens", generations ? generations.input + generations.output : undefined, langfuse.total);

finish();
