// OpenAI's responses.
import { inputTokens, words } from "./behaviour.mjs";
import { error as chatError } from "./chat.mjs";

export const error = chatError;

const usage = (output) => ({
  input_tokens: inputTokens,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: inputTokens + output,
});

const base = (model, status) => ({
  id: "resp_peer",
  object: "response",
  created_at: 1_760_000_000,
  status,
  model,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: "auto",
  tools: [],
  top_p: 1,
});
const item = (text) => ({
  id: "msg_peer",
  type: "message",
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [] }],
});

export function whole(model, behaviour) {
  return { ...base(model, "completed"), output: [item(words(behaviour.n).join(""))], usage: usage(behaviour.n) };
}

export function stream(model, behaviour) {
  let sequence = 0;
  const event = (type, data) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...data })}\n\n`;
  const place = { item_id: "msg_peer", output_index: 0, content_index: 0 };
  const text = words(behaviour.n).join("");
  const head =
    event("response.created", { response: { ...base(model, "in_progress"), output: [], usage: null } }) +
    event("response.in_progress", { response: { ...base(model, "in_progress"), output: [], usage: null } }) +
    event("response.output_item.added", { output_index: 0, item: { ...item(""), status: "in_progress", content: [] } }) +
    event("response.content_part.added", { ...place, part: { type: "output_text", text: "", annotations: [] } });
  const chunks = words(behaviour.n).map((delta) => event("response.output_text.delta", { ...place, delta, logprobs: [] }));
  const tail =
    event("response.output_text.done", { ...place, text, logprobs: [] }) +
    event("response.content_part.done", { ...place, part: { type: "output_text", text, annotations: [] } }) +
    event("response.output_item.done", { output_index: 0, item: item(text) }) +
    (behaviour.nodone ? "" : event("response.completed", { response: { ...base(model, "completed"), output: [item(text)], usage: usage(behaviour.n) } }));
  const failure = event("error", { code: "server_error", message: "The upstream is overloaded", param: null });
  return { head, chunks, tail, failure, garbage: "event: response.output_text.delta\ndata: {\"type\":\n\n" };
}
