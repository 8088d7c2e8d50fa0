// The upstream itself: reads a request, and answers or fails as its model's name says.
import http from "node:http";
import { behaviourOf, refusalOf } from "./behaviour.mjs";
import * as chat from "./chat.mjs";
import * as messages from "./messages.mjs";
import * as ollama from "./ollama.mjs";
import * as responses from "./responses.mjs";

const bodyBytesMax = 200 << 20;
const dialects = [
  [/\/chat\/completions$/, chat],
  [/\/responses$/, responses],
  [/\/messages$/, messages],
  [/\/api\/chat$/, ollama],
];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function readBody(request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    let size = 0;
    request.on("data", (part) => {
      size += part.length;
      if (size > bodyBytesMax) request.destroy();
      else parts.push(part);
    });
    request.on("end", () => resolve(Buffer.concat(parts).toString()));
    request.on("error", reject);
  });
}

export class Upstream {
  // By model: requests, those the client left, those open now and at most, the credentials and the last body seen.
  #models = new Map();
  #server = http.createServer((request, response) => void this.#handle(request, response));
  lastBody = "";

  async start(port = 0) {
    await new Promise((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  stop() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  // Forgets the models whose names begin so.
  reset(prefix = "") {
    for (const model of [...this.#models.keys()]) if (model.startsWith(prefix)) this.#models.delete(model);
  }

  of(model) {
    if (!this.#models.has(model)) this.#models.set(model, { requests: 0, aborted: 0, open: 0, peak: 0, keys: [] });
    return this.#models.get(model);
  }

  stats() {
    return Object.fromEntries(this.#models);
  }

  async #handle(request, response) {
    response.on("error", () => {});
    if (request.url === "/stats") return this.#json(response, 200, this.stats());
    if (request.url === "/reset") {
      this.reset();
      return this.#json(response, 200, {});
    }
    if (request.method === "GET") return this.#list(request, response);
    let body;
    try {
      this.lastBody = await readBody(request);
      body = JSON.parse(this.lastBody);
    } catch {
      return this.#json(response, 400, chat.error({ status: 400, kind: "plain" }));
    }
    const seen = this.of(body.model);
    seen.requests += 1;
    seen.keys.push(request.headers.authorization ?? request.headers["x-api-key"] ?? "");
    seen.body = body;
    seen.open += 1;
    seen.peak = Math.max(seen.peak, seen.open);
    response.on("close", () => {
      seen.open -= 1;
      if (!response.writableEnded) seen.aborted += 1;
    });
    await this.#answer(request, response, body, seen);
  }

  #json(response, status, data, headers = {}) {
    response.writeHead(status, { "content-type": "application/json", "x-request-id": "req_peer", ...headers });
    response.end(typeof data === "string" ? data : JSON.stringify(data));
  }

  #list(request, response) {
    if (request.url.endsWith("/api/tags")) return this.#json(response, 200, { models: [{ name: "peer", model: "peer" }] });
    this.#json(response, 200, { object: "list", data: [{ id: "peer", object: "model", created: 1_760_000_000, owned_by: "peer" }] });
  }

  async #answer(request, response, body, seen) {
    const behaviour = behaviourOf(body.model);
    const dialect = dialects.find(([path]) => path.test(request.url))?.[1];
    if (behaviour.lat) await pause(behaviour.lat);
    if (behaviour.hang) return;
    if (behaviour.reset) return request.socket.resetAndDestroy();
    const refusal = behaviour.flaky && seen.requests % behaviour.flaky === 0 ? { status: 503, kind: "plain", headers: {} } : refusalOf(behaviour);
    if (refusal) return this.#json(response, refusal.status, (dialect ?? chat).error(refusal), refusal.headers);
    if (behaviour.garbage) return this.#json(response, 200, '{"id": "x", "choi');
    if (behaviour.empty) return this.#json(response, 200, "");
    if (behaviour.errin200) return this.#json(response, 200, (dialect ?? chat).error({ status: 503, kind: "plain" }));
    if (behaviour.html) {
      response.writeHead(200, { "content-type": "text/html" });
      return response.end("<html><h1>Sign in</h1></html>");
    }
    if (request.url.endsWith("/embeddings")) return this.#embed(response, body);
    if (!dialect) return this.#json(response, 404, chat.error({ status: 404, kind: "plain" }));
    const streams = dialect === ollama ? body.stream !== false : body.stream === true;
    if (!streams) return this.#json(response, 200, dialect.whole(body.model, behaviour), rateLimits);
    await this.#stream(response, dialect, body, behaviour);
  }

  #embed(response, body) {
    const inputs = Array.isArray(body.input) ? body.input : [body.input];
    const vector = Array.from({ length: 8 }, (_, i) => i / 8);
    const encoded = body.encoding_format === "base64" ? Buffer.from(new Float32Array(vector).buffer).toString("base64") : vector;
    this.#json(response, 200, {
      object: "list",
      data: inputs.map((_, index) => ({ object: "embedding", index, embedding: encoded })),
      model: body.model,
      usage: { prompt_tokens: 8, total_tokens: 8 },
    });
  }

  async #stream(response, dialect, body, behaviour) {
    const { head, chunks, tail, failure, garbage } = dialect.stream(body.model, behaviour, body);
    const type = dialect === ollama ? "application/x-ndjson" : "text/event-stream; charset=utf-8";
    response.writeHead(200, { "content-type": type, "cache-control": "no-cache", "x-request-id": "req_peer", ...rateLimits });
    if (behaviour.gigaline) return this.#flood(response, "data: ", "x".repeat(1 << 16));
    if (behaviour.endless) return this.#flood(response, head, chunks[0]);
    if (head) response.write(head);
    else response.flushHeaders();
    const stops = ["mid", "eof", "stall", "miderr", "midgarbage"].find((word) => behaviour[word] !== undefined);
    const count = stops ? Math.min(behaviour[stops], chunks.length) : chunks.length;
    for (const chunk of chunks.slice(0, count)) {
      if (behaviour.itl) await pause(behaviour.itl);
      if (response.destroyed) return;
      response.write(chunk);
    }
    // What was written must be on its way before the connection breaks.
    if (stops === "mid") return void setTimeout(() => response.socket?.resetAndDestroy(), 30);
    if (stops === "stall") return;
    if (stops === "miderr") return void response.end(failure);
    if (stops === "midgarbage") return void response.end(garbage + tail);
    if (stops === "eof") return void response.end();
    response.end(tail);
  }

  async #flood(response, head, portion) {
    response.write(head);
    // A reader that lets us wait is asked again soon; one that left ends it.
    while (!response.destroyed) {
      await pause(response.write(portion) ? 0 : 5);
    }
  }
}

const rateLimits = {
  "x-ratelimit-limit-requests": "14400",
  "x-ratelimit-limit-tokens": "500000",
  "x-ratelimit-remaining-requests": "14399",
  "x-ratelimit-remaining-tokens": "499650",
  "x-ratelimit-reset-requests": "6s",
  "x-ratelimit-reset-tokens": "42ms",
};
