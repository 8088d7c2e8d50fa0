// A model provider for tests: OpenAI's chat completions with streaming. Marks in the newest user message say what it does:
//   [say:TEXT]      answers TEXT            [run:COMMAND]   calls the tool exec, then answers
//   [loop:COMMAND]  calls exec for ever     [wait:SECONDS]  answers after so long
//   [refuse:]       answers 404, which the gateway does not try again
// It keeps a list of all calls it answered, with the tokens it charged for.
import http from "node:http";

const plain = (content) =>
  typeof content === "string" ? content : Array.isArray(content) ? content.map((part) => part?.text ?? "").join("") : "";
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The user text since the last final answer, without the context that the gateway itself adds.
function newest_prompt(messages) {
  let from = messages.length;
  while (from > 0 && !(messages[from - 1].role === "assistant" && !messages[from - 1].tool_calls)) from--;
  const users = messages.slice(from).filter((message) => message.role === "user").map((message) => plain(message.content));
  return { prompt: users.filter((text) => !text.startsWith("<<<")).join("\n"), since: messages.slice(from) };
}

function decide(prompt, since) {
  const mark = (name) => new RegExp(`\\[${name}:([^\\]]*)\\]`).exec(prompt)?.[1];
  const has_result = since.some((message) => message.role === "tool");
  const loop = mark("loop");
  if (loop) return { tool: loop };
  const run = mark("run");
  if (run && !has_result) return { tool: run };
  return { text: mark("say") ?? (has_result ? "The command ran." : "Understood.") };
}

export class Upstream {
  calls = [];

  async start() {
    this.server = http.createServer((request, response) => this.#answer(request, response).catch(() => response.destroy()));
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}/v1`;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  answered() {
    return this.calls.filter((call) => call.status === 200 && call.is_complete);
  }

  // What the answered calls used and cost, at the prices of gateway.mjs, in the units of Nightshift's queries.
  totals() {
    const sum = (value) => this.answered().reduce((total, call) => total + value(call), 0);
    const nano_usd = (call) => (call.input - call.cached) * 3000 + call.cached * 300 + call.output * 15000;
    return { calls: this.answered().length, input: sum((c) => c.input), cached: sum((c) => c.cached), output: sum((c) => c.output), nano_usd: sum(nano_usd) };
  }

  async #answer(request, response) {
    let body = "";
    for await (const chunk of request) body += chunk;
    const json = (status, value) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (request.method === "GET")
      return json(200, { object: "list", data: [{ id: "test-model", object: "model" }] });
    const asked = JSON.parse(body);
    const call = { id: `call-${process.pid}-${this.calls.length + 1}`, model: asked.model, status: 200, is_complete: false };
    this.calls.push(call);
    const { prompt, since } = newest_prompt(asked.messages ?? []);
    call.prompt = prompt.slice(0, 80);
    if (prompt.includes("[refuse:]")) {
      call.status = 404;
      return json(404, { error: { message: "The model does not exist", type: "invalid_request_error", code: "model_not_found" } });
    }
    const wait = Number(/\[wait:([\d.]+)\]/.exec(prompt)?.[1] ?? 0);
    if (wait > 0) await pause(wait * 1000);
    await this.#stream(response, call, decide(prompt, since), body.length);
  }

  async #stream(response, call, { tool, text }, bytes) {
    const prompt_tokens = Math.round(bytes / 4);
    call.input = prompt_tokens;
    call.cached = Math.floor(prompt_tokens / 2);
    call.output = tool ? 21 : Math.max(1, Math.round(text.length / 4));
    call.tool = tool;
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (value) =>
      response.write(`data: ${JSON.stringify({ id: call.id, object: "chat.completion.chunk", created: 1, model: call.model, ...value })}\n\n`);
    const delta = (value, finish_reason = null) => send({ choices: [{ index: 0, delta: value, finish_reason }] });
    delta({ role: "assistant", content: "" });
    if (tool) {
      const args = JSON.stringify({ command: tool });
      delta({ tool_calls: [{ index: 0, id: `tool_${call.id}`, type: "function", function: { name: "exec", arguments: args } }] });
      delta({}, "tool_calls");
    } else {
      for (const word of text.match(/\S+\s*/g) ?? [text]) {
        delta({ content: word });
        await pause(5);
      }
      delta({}, "stop");
    }
    send({
      choices: [],
      usage: {
        prompt_tokens: call.input, completion_tokens: call.output, total_tokens: call.input + call.output,
        prompt_tokens_details: { cached_tokens: call.cached },
      },
    });
    response.end("data: [DONE]\n\n");
    call.is_complete = !response.destroyed;
  }
}
