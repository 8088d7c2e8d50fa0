// Agent SDKs from npm, with models that answer in memory.
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { setLangfuseTracerProvider, startObservation } from "@langfuse/tracing";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { generateText } from "ai";
import { MockLanguageModelV2 } from "ai/test";

const resource = resourceFromAttributes({ "service.name": "e2e-sdk" });

// generateText writes an outer span with the sum of its inner ones.
export async function sendVercel(exporter, session) {
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const usage = { inputTokens: 120, outputTokens: 30, totalTokens: 150, cachedInputTokens: 40, reasoningTokens: 8 };
  const model = new MockLanguageModelV2({
    doGenerate: async () => ({ finishReason: "stop", usage, content: [{ type: "text", text: "done" }], warnings: [] }),
  });
  const calls = 3;
  for (let i = 0; i < calls; i++) {
    await generateText({ model, prompt: "say done", experimental_telemetry: { isEnabled: true, tracer: provider.getTracer("ai"), metadata: { sessionId: session } } });
  }
  await provider.forceFlush();
  return { calls, input: calls * usage.inputTokens, output: calls * usage.outputTokens };
}

// Langfuse's exporter has its own path and its own usage names, where parts are beside the input.
export async function sendLangfuse(base, token, session) {
  const processor = new LangfuseSpanProcessor({ publicKey: "pk-e2e", secretKey: "e2e", baseUrl: base, exportMode: "immediate", additionalHeaders: { Authorization: `Bearer ${token}` } });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  setLangfuseTracerProvider(provider);
  const usageDetails = { input: 100, output: 40, input_cached_tokens: 60, total: 200 };
  const generation = startObservation("answer", { model: "gpt-4o", input: "hello", usageDetails, costDetails: { total: 0.002 } }, { asType: "generation" });
  generation.otelSpan.setAttribute("session.id", session);
  generation.end();
  await processor.forceFlush();
  return { calls: 1, total: usageDetails.total };
}
