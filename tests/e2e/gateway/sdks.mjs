// Every SDK behind one shape: call(model, { stream, tools, signal }) → { text, chunks, toolCalls, finish, usage }, or it throws.
// The SDKs keep their own retries: that they do not multiply an outage is part of what is tested.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGroq } from "@ai-sdk/groq";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic from "@anthropic-ai/sdk";
import Cerebras from "@cerebras/cerebras_cloud_sdk";
import { ChatOpenAI } from "@langchain/openai";
import { generateText, jsonSchema, streamText, tool } from "ai";
import Groq from "groq-sdk";
import { Ollama } from "ollama";
import OpenAI from "openai";

const schema = { type: "object", properties: { at: { type: "string" } }, required: ["at"] };
const chatTools = [{ type: "function", function: { name: "look", description: "Looks somewhere.", parameters: schema } }];
const messages = [
  { role: "system", content: "Be short." },
  { role: "user", content: "Hello" },
];
const parsed = (call) => ({ name: call.name, arguments: typeof call.arguments === "string" ? JSON.parse(call.arguments) : call.arguments });

// OpenAI's chat through any of the SDKs generated from the same sources.
function chatSdk(client) {
  return async (model, { stream = false, tools = false, signal, on } = {}) => {
    const body = { model, messages, ...(tools ? { tools: chatTools } : {}) };
    if (!stream) {
      const answer = await client.chat.completions.create(body, { signal });
      const [choice] = answer.choices;
      const calls = (choice.message.tool_calls ?? []).map((call) => parsed(call.function));
      return { text: choice.message.content ?? "", toolCalls: calls, finish: choice.finish_reason, usage: [answer.usage?.prompt_tokens, answer.usage?.completion_tokens] };
    }
    const result = { text: "", chunks: 0, toolCalls: [], finish: null };
    const calls = [];
    for await (const chunk of await client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } }, { signal })) {
      if (chunk.usage) result.usage = [chunk.usage.prompt_tokens, chunk.usage.completion_tokens];
      const [choice] = chunk.choices;
      if (!choice) continue;
      if (choice.delta.content) {
        result.text += choice.delta.content;
        result.chunks++;
        on?.(result);
      }
      for (const part of choice.delta.tool_calls ?? []) {
        calls[part.index] ??= { name: "", arguments: "" };
        calls[part.index].name += part.function?.name ?? "";
        calls[part.index].arguments += part.function?.arguments ?? "";
      }
      if (choice.finish_reason) result.finish = choice.finish_reason;
    }
    result.toolCalls = calls.map(parsed);
    return result;
  };
}

function anthropic(url, key) {
  const client = new Anthropic({ baseURL: url, apiKey: key });
  const said = (content) => content.filter(({ type }) => type === "text").map(({ text }) => text).join("");
  const uses = (content) => content.filter(({ type }) => type === "tool_use").map(({ name, input }) => ({ name, arguments: input }));
  const total = (usage) => [usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0), usage.output_tokens];
  return async (model, { stream = false, tools = false, signal, on } = {}) => {
    const body = { model, max_tokens: 1000, system: "Be short.", messages: [{ role: "user", content: "Hello" }] };
    if (tools) body.tools = [{ name: "look", description: "Looks somewhere.", input_schema: schema }];
    if (!stream) {
      const answer = await client.messages.create(body, { signal });
      return { text: said(answer.content), toolCalls: uses(answer.content), finish: answer.stop_reason, usage: total(answer.usage) };
    }
    const result = { text: "", chunks: 0 };
    const events = client.messages.stream(body, { signal });
    for await (const event of events) {
      if (event.type !== "content_block_delta" || event.delta.type !== "text_delta") continue;
      result.text += event.delta.text;
      result.chunks++;
      on?.(result);
    }
    const whole = await events.finalMessage();
    return { ...result, toolCalls: uses(whole.content), finish: whole.stop_reason, usage: total(whole.usage) };
  };
}

function responses(url, key) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key });
  return async (model, { stream = false, signal, on } = {}) => {
    const body = { model, input: "Hello", instructions: "Be short." };
    if (!stream) {
      const answer = await client.responses.create(body, { signal });
      return { text: answer.output_text, finish: answer.status, usage: [answer.usage.input_tokens, answer.usage.output_tokens] };
    }
    const result = { text: "", chunks: 0 };
    for await (const event of await client.responses.create({ ...body, stream: true }, { signal })) {
      if (event.type === "response.output_text.delta") {
        result.text += event.delta;
        result.chunks++;
        on?.(result);
      } else if (event.type === "response.completed") {
        result.finish = event.response.status;
        result.usage = [event.response.usage.input_tokens, event.response.usage.output_tokens];
      }
    }
    return result;
  };
}

function ollama(url, key) {
  const client = new Ollama({ host: url, headers: { authorization: `Bearer ${key}` } });
  const calls = (message) => (message.tool_calls ?? []).map((call) => parsed(call.function));
  return async (model, { stream = false, tools = false, signal, on } = {}) => {
    signal?.addEventListener("abort", () => client.abort());
    const body = { model, messages, ...(tools ? { tools: chatTools } : {}) };
    if (!stream) {
      const answer = await client.chat({ ...body, stream: false });
      return { text: answer.message.content, toolCalls: calls(answer.message), finish: answer.done_reason, usage: [answer.prompt_eval_count, answer.eval_count] };
    }
    const result = { text: "", chunks: 0, toolCalls: [] };
    for await (const part of await client.chat({ ...body, stream: true })) {
      if (part.message.content) {
        result.text += part.message.content;
        result.chunks++;
        on?.(result);
      }
      result.toolCalls.push(...calls(part.message));
      if (part.done) Object.assign(result, { finish: part.done_reason, usage: [part.prompt_eval_count, part.eval_count] });
    }
    return result;
  };
}

// Vercel's SDK, over whichever of its providers.
function vercel(makeModel) {
  return async (model, { stream = false, tools = false, signal, on } = {}) => {
    const settings = {
      model: makeModel(model),
      system: "Be short.",
      prompt: "Hello",
      abortSignal: signal,
      ...(tools ? { tools: { look: tool({ description: "Looks somewhere.", inputSchema: jsonSchema(schema) }) } } : {}),
    };
    const calls = (list) => list.map(({ toolName, input }) => ({ name: toolName, arguments: input }));
    const total = (usage) => [usage.inputTokens, usage.outputTokens];
    if (!stream) {
      const answer = await generateText(settings);
      return { text: answer.text, toolCalls: calls(answer.toolCalls), finish: answer.finishReason, usage: total(answer.usage) };
    }
    const result = { text: "", chunks: 0, toolCalls: [] };
    const answer = streamText({ ...settings, onError: () => {} });
    for await (const part of answer.fullStream) {
      if (part.type === "text-delta") {
        result.text += part.text;
        result.chunks++;
        on?.(result);
      } else if (part.type === "tool-call") {
        result.toolCalls.push({ name: part.toolName, arguments: part.input });
      } else if (part.type === "error") {
        throw part.error;
      } else if (part.type === "finish") {
        Object.assign(result, { finish: part.finishReason, usage: total(part.totalUsage) });
      }
    }
    if (result.finish === "error") throw new Error("the stream finished with an error");
    return result;
  };
}

function langchain(url, key) {
  return async (model, { stream = false, tools = false, signal, on } = {}) => {
    // It would try six times more, with growing pauses.
    let chat = new ChatOpenAI({ model, apiKey: key, maxRetries: 1, configuration: { baseURL: `${url}/v1` } });
    if (tools) chat = chat.bindTools(chatTools);
    const input = [
      ["system", "Be short."],
      ["human", "Hello"],
    ];
    const calls = (message) => (message.tool_calls ?? []).map(({ name, args }) => ({ name, arguments: args }));
    const total = (usage) => [usage?.input_tokens, usage?.output_tokens];
    if (!stream) {
      const answer = await chat.invoke(input, { signal });
      return { text: answer.text, toolCalls: calls(answer), finish: answer.response_metadata.finish_reason, usage: total(answer.usage_metadata) };
    }
    const result = { text: "", chunks: 0 };
    let whole;
    for await (const part of await chat.stream(input, { signal })) {
      whole = whole ? whole.concat(part) : part;
      if (!part.text) continue;
      result.text += part.text;
      result.chunks++;
      on?.(result);
    }
    return { ...result, toolCalls: calls(whole), finish: whole.response_metadata.finish_reason, usage: total(whole.usage_metadata) };
  };
}

// The provider whose dialect each SDK speaks.
export const kindOf = {
  openai: "openai",
  responses: "openai",
  anthropic: "anthropic",
  ollama: "ollama",
  groq: "groq",
  cerebras: "cerebras",
  langchain: "openai",
  vercel: "openai",
  vercelopenai: "openai",
  vercelanthropic: "anthropic",
  vercelgroq: "groq",
};

export function allSdks(url, key) {
  return {
    openai: chatSdk(new OpenAI({ baseURL: `${url}/v1`, apiKey: key })),
    responses: responses(url, key),
    anthropic: anthropic(url, key),
    ollama: ollama(url, key),
    groq: chatSdk(new Groq({ baseURL: url, apiKey: key })),
    cerebras: chatSdk(new Cerebras({ baseURL: `${url}`, apiKey: key, warmTCPConnection: false })),
    langchain: langchain(url, key),
    vercel: vercel(createOpenAICompatible({ name: "nightshift", baseURL: `${url}/v1`, apiKey: key, includeUsage: true })),
    vercelopenai: vercel((model) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat(model)),
    vercelanthropic: vercel(createAnthropic({ baseURL: `${url}/v1`, apiKey: key })),
    vercelgroq: vercel(createGroq({ baseURL: `${url}/v1`, apiKey: key })),
  };
}
