// Nightshift as a process, seen through its REST API.
import fs from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Nightshift {
  constructor({ binary, directory, port, otlp_port, gateways }) {
    Object.assign(this, { binary, directory, port, otlp_port, gateways });
    this.base = `http://127.0.0.1:${port}`;
    const sources = Object.entries(gateways).map(
      ([name, gateway]) => `    - name: ${name}\n      url: ${gateway.url}\n      token: \${OPENCLAW_${name.toUpperCase()}_TOKEN}\n`,
    );
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, "nightshift.yaml"), `fleet:\n  response: observe\nsources:\n  openclaw:\n${sources.join("")}`);
  }

  async start() {
    const env = { ...process.env };
    for (const [name, gateway] of Object.entries(this.gateways)) env[`OPENCLAW_${name.toUpperCase()}_TOKEN`] = gateway.token;
    const log = fs.openSync(path.join(this.directory, "nightshift.log"), "a");
    const data = path.join(this.directory, "data");
    this.process = spawn(
      this.binary,
      ["up", "--data", data, "--listen", `127.0.0.1:${this.port}`, "--otlp", `127.0.0.1:${this.otlp_port}`, "--config", path.join(this.directory, "nightshift.yaml")],
      { stdio: ["ignore", log, log], env },
    );
    this.exited = new Promise((resolve) => this.process.once("exit", resolve));
    for (let tries = 0; ; tries++) {
      if (this.process.exitCode !== null || tries > 300) throw new Error(`nightshift did not start; see ${this.directory}/nightshift.log`);
      try {
        if ((await fetch(`${this.base}/healthz`)).ok) break;
      } catch {
        // not listening yet
      }
      await pause(100);
    }
    this.token = fs.readFileSync(path.join(data, "admin.token"), "utf8").trim();
  }

  async kill(signal = "SIGKILL") {
    this.process.kill(signal);
    await this.exited;
  }

  async request(method, target, body) {
    const response = await fetch(this.base + target, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null };
  }

  async get(target) {
    const { status, body } = await this.request("GET", target);
    if (status !== 200) throw new Error(`GET ${target}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async source(name) {
    return (await this.get("/api/v1/system")).sources.find((source) => source.name === `openclaw/${name}`);
  }

  // One row of sums over the events that `where` selects.
  async sum(where, aggregates) {
    const now = Date.now();
    const { status, body } = await this.request("POST", "/api/v1/query", { from_ms: now - 7_200_000, to_ms: now + 3_600_000, where, aggregates, limit: 10 });
    if (status !== 200) throw new Error(`query ${where}: ${status} ${JSON.stringify(body)}`);
    return (body.rows[0] ?? aggregates.map(() => 0)).map((value) => value ?? 0);
  }

  async count(where) {
    return (await this.sum(where, ["count"]))[0];
  }

  async events(where) {
    const items = [];
    let cursor = "";
    do {
      const page = await this.get(`/api/v1/events?limit=1000&where=${encodeURIComponent(where)}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return items;
  }

  session(id) {
    return this.get(`/api/v1/sessions/${encodeURIComponent(id)}`);
  }

  abort(id, reason) {
    return this.request("POST", `/api/v1/sessions/${encodeURIComponent(id)}/abort`, { reason });
  }
}
