// Ollama's own chat.
import { inputTokens, words } from "./behaviour.mjs";

export function error({ status, kind }) {
  const known = {
    context: "prompt too long; exceeded max context length by 808 tokens",
    missing: "model 'gone' not found, try pulling it first",
    policy: "content_filter: refused",
    quota: "insufficient_quota",
  };
  const plain = { 503: "server busy, please try again.  maximum pending requests exceeded" };
  return { error: known[kind] ?? plain[status] ?? `the server answered ${status}` };
}

const counts = (output) => ({
  total_duration: 1_000_000,
  load_duration: 1_000,
  prompt_eval_count: inputTokens,
  prompt_eval_duration: 1_000,
  eval_count: output,
  eval_duration: 1_000_000,
});
const toolCalls = [{ function: { name: "look", arguments: { at: "sky" } } }];

export function whole(model, behaviour) {
  const message = { role: "assistant", content: words(behaviour.n).join("") };
  if (behaviour.think) message.thinking = "Hm. ";
  if (behaviour.tools) Object.assign(message, { content: "", tool_calls: toolCalls });
  return { model, created_at: "2026-01-01T00:00:00Z", message, done: true, done_reason: "stop", ...(behaviour.nousage ? {} : counts(behaviour.n)) };
}

const line = (data) => `${JSON.stringify(data)}\n`;

export function stream(model, behaviour) {
  const base = { model, created_at: "2026-01-01T00:00:00Z" };
  const part = (message) => line({ ...base, message: { role: "assistant", content: "", ...message }, done: false });
  const chunks = behaviour.tools ? [part({ tool_calls: toolCalls })] : words(behaviour.n).map((content) => part({ content }));
  if (behaviour.think) chunks.unshift(part({ thinking: "Hm. " }));
  return {
    head: "",
    chunks,
    tail: behaviour.nodone
      ? ""
      : line({ ...base, message: { role: "assistant", content: "" }, done: true, done_reason: "stop", ...(behaviour.nousage ? {} : counts(behaviour.n)) }),
    failure: line({ error: "an error was encountered while running the model" }),
    garbage: '{"model":\n',
  };
}
