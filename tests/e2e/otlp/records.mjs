// Telemetry with known sums, made by the SDK itself.
import { SpanStatusCode, context, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { AggregationTemporality, MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

const resource = (service) => resourceFromAttributes({ "service.name": service, "host.name": "e2e" });

// Forty turns, each with one model call and two tool calls, one of them failing.
export function agentSpans(session) {
  const memory = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ resource: resource("e2e-agent"), spanProcessors: [new SimpleSpanProcessor(memory)] });
  const tracer = provider.getTracer("e2e");
  const expected = { calls: 0, tools: 0, input: 0, output: 0, cost: 0 };
  for (let turn = 0; turn < 40; turn++) {
    const identity = { "gen_ai.conversation.id": session, "gen_ai.agent.name": "e2e" };
    const root = tracer.startSpan("invoke_agent e2e", { attributes: { ...identity, "gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 1e6 } });
    const inside = trace.setSpan(context.active(), root);
    const usage = { "gen_ai.usage.input_tokens": 1000 + turn, "gen_ai.usage.output_tokens": 10 + turn, "gen_ai.usage.cache_read.input_tokens": 500, cost_usd: 0.001 * turn };
    tracer.startSpan("chat m", { attributes: { ...identity, ...usage, "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5" } }, inside).end();
    for (const command of ["ls", "false"]) {
      const tool = tracer.startSpan("execute_tool Bash", { attributes: { ...identity, "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "Bash", "gen_ai.tool.call.arguments": JSON.stringify({ command }) } }, inside);
      if (command === "false") tool.setStatus({ code: SpanStatusCode.ERROR });
      tool.end();
    }
    root.end();
    expected.calls++;
    expected.tools += 2;
    expected.input += 1000 + turn;
    expected.output += 10 + turn;
    expected.cost += 0.001 * turn;
  }
  return { spans: memory.getFinishedSpans(), expected };
}

// Claude Code's api_request logs; input_tokens leave the caches out.
export async function claudeLogs(session) {
  const memory = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ resource: resource("claude-code"), processors: [new SimpleLogRecordProcessor({ exporter: memory })] });
  const logger = provider.getLogger("com.anthropic.claude_code.events");
  const expected = { calls: 25, input: 0, output: 0 };
  for (let i = 0; i < expected.calls; i++) {
    const attributes = { "event.name": "api_request", "event.sequence": i, "session.id": session, model: "claude-sonnet-4-5", input_tokens: String(100 + i), output_tokens: String(7), cache_read_tokens: "1000", cache_creation_tokens: "30", cost_usd: "0.01", duration_ms: "20", request_id: `req_${i}` };
    logger.emit({ body: "claude_code.api_request", timestamp: Date.now(), attributes });
    expected.input += 100 + i + 1000 + 30;
    expected.output += 7;
  }
  await provider.forceFlush();
  return { records: memory.getFinishedLogRecords(), expected };
}

class ManualReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }
  async onForceFlush() {}
  async onShutdown() {}
}

// OpenClaw's token counter, cumulative as OpenTelemetry counts by default.
export function openclawTokens(session) {
  const reader = new ManualReader();
  const provider = new MeterProvider({ resource: resource("openclaw-gateway"), readers: [reader] });
  const counter = provider.getMeter("openclaw").createCounter("openclaw.tokens");
  return {
    async add(count) {
      counter.add(count, { "openclaw.token": "input", "session.id": session });
      const { resourceMetrics } = await reader.collect();
      return resourceMetrics;
    },
    stop: () => provider.shutdown(),
  };
}
