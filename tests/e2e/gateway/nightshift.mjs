// Nightshift as a process with a gateway.
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class Nightshift {
  constructor(binary, folder) {
    Object.assign(this, { binary, folder });
  }

  // `gateway`: that section of the configuration, `others` more of it; JSON is YAML.
  async start(gateway, env, others = {}) {
    const config = path.join(this.folder, "nightshift.yaml");
    fs.writeFileSync(config, JSON.stringify({ gateway, ...others }, null, 1));
    const log = fs.openSync(path.join(this.folder, "nightshift.log"), "a");
    const [port, otlp] = [await freePort(), await freePort()];
    this.url = `http://127.0.0.1:${port}`;
    const data = path.join(this.folder, "data");
    const args = ["up", "--data", data, "--listen", `127.0.0.1:${port}`, "--otlp", `127.0.0.1:${otlp}`, "--config", config];
    this.process = spawn(this.binary, args, { stdio: ["ignore", log, log], env: { ...process.env, ...env } });
    this.exited = new Promise((resolve) => this.process.once("exit", resolve));
    for (let tries = 0; ; tries++) {
      if (this.process.exitCode !== null || tries > 300) throw new Error(`nightshift did not start: ${fs.readFileSync(path.join(this.folder, "nightshift.log"))}`);
      if (await fetch(`${this.url}/readyz`).then(({ ok }) => ok, () => false)) break;
      await pause(50);
    }
    this.admin = fs.readFileSync(path.join(data, "admin.token"), "utf8").trim();
    this.token = await this.#makeToken();
    return this;
  }

  // A client's token can call models and nothing else.
  async #makeToken() {
    const { status, body } = await this.request("POST", "/api/v1/tokens", { name: "sdk", scopes: ["gateway"] });
    if (status !== 201 && status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
    return body.token ?? body.secret;
  }

  async request(method, target, body) {
    const response = await fetch(this.url + target, {
      method,
      headers: { authorization: `Bearer ${this.admin}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null };
  }

  // Rows of sums over the last hours' events.
  async query(where, aggregates, group_by = []) {
    const now = Date.now();
    const { status, body } = await this.request("POST", "/api/v1/query", {
      from_ms: now - 7_200_000,
      to_ms: now + 3_600_000,
      where,
      group_by,
      aggregates,
      limit: 100,
    });
    if (status !== 200) throw new Error(`query ${where}: ${status} ${JSON.stringify(body)}`);
    return body.rows;
  }

  memoryMb() {
    const status = fs.readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
  }

  async stop() {
    this.process.kill("SIGTERM");
    await this.exited;
  }
}
