// OpenAI's chat completions.
import { inputTokens, words } from "./behaviour.mjs";

const usage = (output) => ({
  prompt_tokens: inputTokens,
  completion_tokens: output,
  total_tokens: inputTokens + output,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 0 },
});
const toolCall = { id: "call_1", type: "function", function: { name: "look", arguments: '{"at":"sky"}' } };

export function error({ status, kind }) {
  const known = {
    rate: ["Rate limit reached for the model on tokens per minute (TPM)", "tokens", "rate_limit_exceeded"],
    quota: ["You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", "insufficient_quota"],
    context: [
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
      "invalid_request_error",
      "context_length_exceeded",
    ],
    policy: ["The prompt was refused by the content management policy.", "invalid_request_error", "content_filter"],
    missing: ["The model does not exist or you do not have access to it.", "invalid_request_error", "model_not_found"],
  };
  const plain = {
    400: ["Unrecognized request argument supplied: colour", "invalid_request_error", "unknown_parameter"],
    401: ["Incorrect API key provided", "invalid_request_error", "invalid_api_key"],
  };
  const [message, type, code] = known[kind] ?? plain[status] ?? [`The server answered ${status}`, "server_error", null];
  return { error: { message, type, param: null, code } };
}

export function whole(model, behaviour) {
  const message = { role: "assistant", content: words(behaviour.n).join(""), refusal: null };
  if (behaviour.think) message.reasoning_content = "Hm. ";
  if (behaviour.tools) Object.assign(message, { content: null, tool_calls: [toolCall] });
  return {
    id: "chatcmpl-peer",
    object: "chat.completion",
    created: 1_760_000_000,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: behaviour.tools ? "tool_calls" : "stop" }],
    ...(behaviour.nousage ? {} : { usage: usage(behaviour.n) }),
  };
}

const event = (data) => `data: ${JSON.stringify(data)}\n\n`;

// { head, chunk(i), tail, failure }: the frames of a stream.
export function stream(model, behaviour, request) {
  const base = { id: "chatcmpl-peer", object: "chat.completion.chunk", created: 1_760_000_000, model };
  const choice = (delta, finish = null) => event({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  const asked = request.stream_options?.include_usage === true && !behaviour.nousage;
  const pieces = behaviour.tools
    ? [
        { tool_calls: [{ index: 0, ...toolCall, function: { name: "look", arguments: "" } }] },
        { tool_calls: [{ index: 0, function: { arguments: '{"at":' } }] },
        { tool_calls: [{ index: 0, function: { arguments: '"sky"}' } }] },
      ]
    : words(behaviour.n).map((content) => ({ content }));
  if (behaviour.think) pieces.unshift({ reasoning_content: "Hm. " });
  return {
    head: choice({ role: "assistant", content: "" }),
    chunks: pieces.map((delta) => choice(delta)),
    tail:
      choice({}, behaviour.tools ? "tool_calls" : "stop") +
      (asked ? event({ ...base, choices: [], usage: usage(behaviour.n) }) : "") +
      (behaviour.nodone ? "" : "data: [DONE]\n\n"),
    failure: event({ error: { message: "The upstream is overloaded", type: "server_error", param: null, code: "overloaded" } }),
    garbage: "data: {\"choices\": [}\n\n",
  };
}
