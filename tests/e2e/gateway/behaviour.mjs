// What holds whatever the SDK: bytes, headers, limits on bad input, clients that vanish, accounting.
import net from "node:net";
import OpenAI from "openai";
import { Ollama } from "ollama";
import { check, checkThat } from "./checks.mjs";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(claim, ms = 3000) {
  for (const end = Date.now() + ms; Date.now() < end; await pause(20)) if (claim()) return true;
  return claim();
}

const post = (world, path, body, headers = {}) =>
  fetch(world.nightshift.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${world.nightshift.token}`, "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

async function passesBytes(world) {
  const messages = [{ role: "user", content: "Hello" }];
  const asked = { model: "openai-plain", stream: true, messages, colour: { unknown: [1, 2.5e3, null] } };
  const direct = await fetch(`${world.good.url}/v1/chat/completions`, { method: "POST", body: JSON.stringify(asked) });
  const through = await post(world, "/v1/chat/completions", asked);
  check("a stream passes untouched", await through.text(), await direct.text());
  const { body } = world.good.of("openai-plain");
  check("unknown fields pass", body.colour, asked.colour);
  check("usage is asked for", body.stream_options, { include_usage: true });
  check("our key is sent", world.good.of("openai-plain").keys.at(-1), "Bearer good-key-000");
  for (const header of ["x-request-id", "x-gw-provider", "x-gw-model", "x-gw-attempts", "x-gw-overhead-us"]) {
    checkThat(`answers carry ${header}`, through.headers.has(header));
  }
}

async function tellsTruth(world) {
  const fallback = await post(world, "/v1/chat/completions", { model: "openai-over-openai", messages: [] });
  checkThat("the answer tells of its fallback", Number(fallback.headers.get("x-gw-attempts")) >= 1 && fallback.headers.has("x-gw-fallback-reason"), [...fallback.headers]);
  const exhausted = await post(world, "/v1/chat/completions", { model: "openai-allbad", messages: [] });
  check("no retries once the chain is exhausted", exhausted.headers.get("x-should-retry"), "false");
  const text = await exhausted.text();
  checkThat("no key in an error", !text.includes("bad-key") && !text.includes("good-key"), text);
}

async function refusesBadInput(world) {
  const cases = [
    ["/v1/chat/completions", "{\"model\":", 400, (body) => body.error?.message],
    ["/v1/messages", "{\"model\":", 400, (body) => body.type === "error" && body.error?.type === "invalid_request_error"],
    ["/api/chat", "nonsense", 400, (body) => typeof body.error === "string"],
    ["/v1/chat/completions", { model: "nobody", messages: [] }, 404, (body) => body.error?.code === "model_not_found"],
    ["/v1/messages", { model: "nobody", max_tokens: 1, messages: [] }, 404, (body) => body.error?.type === "not_found_error"],
    ["/v1/chat/completions", { model: "openai-to-anthropic-plain", messages: [], logit_bias: { 1: 2 } }, 400, (body) => body.error?.message.includes("logit_bias")],
    ["/v1/chat/completions", '{"model":"openai-plain","model":"openai-503"}', 400, (body) => body.error?.message.includes("twice")],
  ];
  for (const [path, body, status, isRight] of cases) {
    const response = await post(world, path, body);
    const answer = await response.json().catch(() => ({}));
    check(`${path} ${JSON.stringify(body).slice(0, 40)}: status`, response.status, status);
    checkThat(`${path} ${JSON.stringify(body).slice(0, 40)}: shape`, isRight(answer), answer);
  }
  const stranger = await post(world, "/v1/chat/completions", { model: "openai-plain" }, { authorization: "Bearer nobody" });
  check("a stranger is refused", stranger.status, 401);
  const huge = await post(world, "/v1/chat/completions", `{"model":"openai-plain","x":"${"x".repeat(100 << 20)}"}`).catch(() => ({ status: 413 }));
  check("100 MB are refused", huge.status, 413);
}

async function staysBounded(world) {
  const before = world.nightshift.memoryMb();
  const response = await post(world, "/v1/chat/completions", { model: "openai-gigaline", stream: true, messages: [] });
  checkThat("a line without an end falls back", (await response.text()).includes("word4"));
  checkThat("a line without an end costs no memory", world.nightshift.memoryMb() - before < 60, `${world.nightshift.memoryMb() - before} MB more`);
  checkThat("and its connection is closed", await until(() => world.bad.of("openai-gigaline").open === 0));
}

// Bytes as they are, on a connection of their own: what comes back until the other side closes or `ms` have passed.
function raw(world, bytes, ms = 3000) {
  const { hostname, port } = new URL(world.nightshift.url);
  return new Promise((resolve) => {
    let answer = "";
    const socket = net.connect(Number(port), hostname);
    const done = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("data", (part) => (answer += part));
    socket.on("error", done);
    socket.on("close", done);
    setTimeout(done, ms);
    socket.write(bytes);
  });
}

// A message whose end two readers would see in two places never reaches a provider.
async function refusesSmuggling(world) {
  const inner = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
  const body = JSON.stringify({ model: "openai-plain", messages: [] });
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.nightshift.token}\r\n`;
  const cases = {
    "two lengths": `${head}Content-Length: ${body.length}\r\nContent-Length: ${body.length + inner.length}\r\n\r\n${body}${inner}`,
    "a length and chunks": `${head}Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    "a folded header": `${head}X-A: b\r\n Content-Length: 3\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    "a space before the colon": `${head}Content-Length : ${body.length}\r\n\r\n${body}`,
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const answer = await raw(world, bytes, 1500);
    checkThat(`${name} is refused`, /^HTTP\/1\.1 4\d\d /.test(answer) && answer.split("HTTP/1.1 ").length === 2, answer.slice(0, 300));
  }
  check("nothing smuggled reached a provider", world.good.of("openai-plain").requests, 0);
}

// A client that asks for all and reads nothing holds back its upstream, not our memory.
async function holdsBackForSlowReaders(world) {
  const before = world.nightshift.memoryMb();
  const body = JSON.stringify({ model: "openai-endless", stream: true, messages: [] });
  const { hostname, port } = new URL(world.nightshift.url);
  const sockets = Array.from({ length: 5 }, () => {
    const socket = net.connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.pause();
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.nightshift.token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    return socket;
  });
  await pause(2000);
  const others = await post(world, "/v1/chat/completions", { model: "openai-plain", messages: [] });
  check("nobody else is slowed", others.status, 200);
  const grown = world.nightshift.memoryMb() - before;
  checkThat("five endless streams nobody reads stay small", grown < 30, `${grown} MB more`);
  for (const socket of sockets) socket.destroy();
  checkThat("and end with their clients", await until(() => world.good.of("openai-endless").open === 0), world.good.of("openai-endless").open);
}

// A client that leaves takes its upstream with it.
async function cancels(world) {
  const client = new OpenAI({ baseURL: `${world.nightshift.url}/v1`, apiKey: world.nightshift.token });
  const seen = world.good.of("openai-itl50-n40");
  const stream = await client.chat.completions.create({ model: "openai-itl50-n40", stream: true, messages: [] });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  checkThat("a client that leaves a stream closes its upstream", await until(() => seen.aborted === 1, 1000), seen);
  const { host } = new URL(world.nightshift.url);
  const [address, port] = host.split(":");
  const socket = net.connect(Number(port), address);
  const body = JSON.stringify({ model: "openai-hang", messages: [] });
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${world.nightshift.token}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  const waiting = world.bad.of("openai-hang");
  await until(() => waiting.open === 1, 1000);
  socket.destroy();
  checkThat("a client that leaves before the answer closes its upstream", await until(() => waiting.open === 0, 600), waiting);
}

async function listsAndEmbeds(world) {
  const client = new OpenAI({ baseURL: `${world.nightshift.url}/v1`, apiKey: world.nightshift.token, maxRetries: 0 });
  const models = await client.models.list();
  checkThat("models are listed", models.data.some(({ id }) => id === "openai-plain"), models.data.length);
  const tags = await new Ollama({ host: world.nightshift.url, headers: { authorization: `Bearer ${world.nightshift.token}` } }).list();
  checkThat("tags are listed", tags.models.some(({ name }) => name === "ollama-plain"), tags);
  const { data } = await client.embeddings.create({ model: "embed", input: ["a", "b"] });
  check("embeddings pass", data.map(({ embedding }) => embedding.length), [8, 8]);
  world.reset("embed");
  const other = await client.embeddings.create({ model: "embed-bad", input: "a" }).then(() => 200, ({ status }) => status);
  checkThat("embeddings fail when their model does", other >= 500, other);
  check("embeddings never change their model", world.good.of("embed-other").requests, 0);
}

// Every attempt is an event.
async function accounts(world) {
  const session = `gateway-e2e-${Date.now()}`;
  const response = await post(world, "/v1/chat/completions", { model: "openai-n200", messages: [], metadata: { session_id: session } });
  await response.text();
  let rows = [];
  for (let tries = 0; tries < 50 && rows.length === 0; tries++) {
    await pause(100);
    rows = await world.nightshift.query(`session = "${session}" and kind = model_call`, ["count", "sum(input_tokens)", "sum(output_tokens)"], ["session"]);
  }
  check("an attempt is an event with its tokens", rows[0]?.slice(1), [1, 20, 200]);
}

// A job that asks a model comes to the gateway as any client does, and falls back as any client's call does.
async function servesScheduledPrompts(world) {
  const job = { prompt: { model: "openai-over-openai", prompt: "How was the night?" }, expect: [{ tokens: { min: 1 } }] };
  const put = await world.nightshift.request("PUT", "/api/v1/jobs/nightly-question", job);
  check("a job with a prompt is taken", put.status, 200);
  const { body } = await world.nightshift.request("POST", "/api/v1/jobs/nightly-question/run", {});
  let seen;
  for (const end = Date.now() + 30_000; Date.now() < end && !seen?.verdict; await pause(50)) {
    seen = (await world.nightshift.request("GET", `/api/v1/occurrences/${encodeURIComponent(body.occurrence)}`)).body;
  }
  const [{ execution }] = seen.attempts;
  checkThat("its answer is the summary, its tokens are counted", execution.succeeded && seen.summary && seen.tokens > 0, seen);
}

// Twenty calls at once never take more than their budget holds; a stream is cut where it ends.
async function keepsBudgets(world) {
  const ask = () => post(world, "/v1/chat/completions", { model: "budget-lat1200", max_tokens: 500, messages: [] }, { "x-nightshift-session": "e2e-budget" });
  const answers = await Promise.all(Array.from({ length: 20 }, ask));
  const passed = answers.filter(({ status }) => status === 200).length;
  const { peak } = world.good.of("budget-lat1200");
  checkThat("parallel calls stay within their budget", peak >= 1 && peak <= 5, `${peak} calls of 516 tokens at once within 3000`);
  const refused = answers.find(({ status }) => status === 429);
  check("a refusal names the budget", (await refused?.json())?.error?.code, "budget_exceeded");
  check("a refusal is final", refused?.headers.get("x-should-retry"), "false");
  check("no refused call reached a provider", world.good.of("budget-lat1200").requests, passed);

  const cut = await post(world, "/v1/chat/completions", { model: "cut-n200-itl5", stream: true, max_tokens: 100, messages: [] }, { "x-nightshift-session": "e2e-cut" });
  const text = await cut.text();
  const words = (text.match(/"content":"word/g) ?? []).length;
  checkThat("a stream is cut at its hard limit", words > 20 && words <= 150, `${words} words`);
  checkThat("a cut stream says so", text.includes('"finish_reason":"length"') && text.trimEnd().endsWith("data: [DONE]"), text.slice(-300));
}

// An agent that makes the same call for ever is held back, its user never.
async function stopsLoops(world) {
  const turn = (i) => [
    { role: "assistant", content: null, tool_calls: [{ id: `c${i}`, type: "function", function: { name: "look", arguments: '{"at":"sky"}' } }] },
    { role: "tool", tool_call_id: `c${i}`, content: "blue" },
  ];
  const conversation = (turns, ...tail) => ({
    model: "loop",
    messages: [{ role: "user", content: "Look." }, ...Array.from({ length: turns }, (_, i) => turn(i)).flat(), ...tail],
  });
  const ask = (body) => post(world, "/v1/chat/completions", body, { "x-nightshift-session": "e2e-loop" });
  check("three calls alike are work", (await ask(conversation(3))).headers.get("x-gw-loop"), null);
  const annotated = await ask(conversation(4));
  check("four calls alike pass", annotated.status, 200);
  checkThat("and carry the score", /score=[1-9]/.test(annotated.headers.get("x-gw-loop")), [...annotated.headers]);
  const stopped = await ask(conversation(9));
  check("nine calls alike are stopped", stopped.status, 429);
  const { error } = await stopped.json();
  check("as a loop", error.code, "loop_detected");
  checkThat("with the evidence", error.message.includes('look {"at":"sky"}'), error.message);
  check("the user's own turn passes", (await ask(conversation(9, { role: "user", content: "Stop that." }))).status, 200);
}

export async function runBehaviour(world) {
  for (const part of [passesBytes, tellsTruth, refusesBadInput, staysBounded, refusesSmuggling, holdsBackForSlowReaders, cancels, listsAndEmbeds, accounts, keepsBudgets, stopsLoops, servesScheduledPrompts]) {
    world.reset("");
    try {
      await part(world);
    } catch (error) {
      checkThat(part.name, false, String(error.stack ?? error));
    }
  }
}
