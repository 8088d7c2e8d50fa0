// Anthropic's messages.
import { inputTokens, words } from "./behaviour.mjs";

const usage = (output) => ({
  input_tokens: inputTokens - 4,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 4,
  output_tokens: output,
});
const types = { 400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error", 404: "not_found_error",
  429: "rate_limit_error", 529: "overloaded_error" };

export function error({ status, kind }) {
  const known = {
    quota: { message: "This request would exceed your spend limit", details: { error_code: "enforced_spend_limit_reached" } },
    context: { message: "prompt is too long: 9000 tokens > 8192 maximum" },
    policy: { message: "Output blocked by content filtering policy" },
    missing: { message: "model: gone" },
  };
  const detail = known[kind] ?? { message: `The server answered ${status}` };
  return { type: "error", error: { type: types[status] ?? "api_error", ...detail }, request_id: "req_peer" };
}

const toolUse = { type: "tool_use", id: "toolu_1", name: "look", input: { at: "sky" } };

export function whole(model, behaviour) {
  const content = behaviour.tools ? [toolUse] : [{ type: "text", text: words(behaviour.n).join("") }];
  if (behaviour.think) content.unshift({ type: "thinking", thinking: "Hm. ", signature: "sig" });
  return {
    id: "msg_peer",
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason: behaviour.tools ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: usage(behaviour.n),
  };
}

const event = (type, data) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

export function stream(model, behaviour) {
  let index = 0;
  const block = (start, deltas) => {
    const at = index++;
    return [
      event("content_block_start", { index: at, content_block: start }),
      ...deltas.map((delta) => event("content_block_delta", { index: at, delta })),
      event("content_block_stop", { index: at }),
    ];
  };
  const chunks = [];
  if (behaviour.think) {
    chunks.push(...block({ type: "thinking", thinking: "" }, [
      { type: "thinking_delta", thinking: "Hm. " },
      { type: "signature_delta", signature: "sig" },
    ]));
  }
  if (behaviour.tools) {
    chunks.push(...block({ ...toolUse, input: {} }, [
      { type: "input_json_delta", partial_json: '{"at":' },
      { type: "input_json_delta", partial_json: '"sky"}' },
    ]));
  } else {
    const [start, ...rest] = block({ type: "text", text: "" }, words(behaviour.n).map((text) => ({ type: "text_delta", text })));
    chunks.push(start + rest[0], ...rest.slice(1));
  }
  return {
    head:
      event("message_start", {
        message: { id: "msg_peer", type: "message", role: "assistant", model, content: [], stop_reason: null, stop_sequence: null, usage: usage(1) },
      }) + event("ping", {}),
    chunks,
    tail:
      event("message_delta", { delta: { stop_reason: behaviour.tools ? "tool_use" : "end_turn", stop_sequence: null }, usage: { output_tokens: behaviour.n } }) +
      (behaviour.nodone ? "" : event("message_stop", {})),
    failure: event("error", { error: { type: "overloaded_error", message: "Overloaded" } }),
    garbage: "event: content_block_delta\ndata: {\"type\":\n\n",
  };
}
