// A real OpenClaw gateway on loopback, from npm, with our upstream as its only model provider.
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function free_port() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function copy_tree(from, to) {
  if (spawnSync("cp", ["-a", from, to]).status !== 0) throw new Error(`cannot copy ${from} to ${to}`);
}

// One WebSocket connection of an operator, for the test's own calls.
class Operator {
  #pending = new Map();
  #next = 0;

  static async connect(url, token) {
    const operator = new Operator();
    await operator.#open(url, token);
    return operator;
  }

  async #open(url, token) {
    this.socket = new WebSocket(url);
    let challenged;
    const challenge = new Promise((resolve, reject) => ((challenged = resolve), (this.socket.onerror = () => reject(new Error("cannot connect")))));
    this.socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.event === "connect.challenge") challenged();
      // A call that runs on answers first that it was accepted; that answer is the one we take.
      if (frame.type === "res" && this.#pending.has(frame.id)) {
        this.#pending.get(frame.id)(frame);
        this.#pending.delete(frame.id);
      }
    };
    this.socket.onclose = () => {
      for (const answer of this.#pending.values()) answer({ ok: false, error: { code: "CLOSED", message: "the gateway closed" } });
      this.#pending.clear();
    };
    await challenge;
    await this.call("connect", {
      minProtocol: 3, maxProtocol: 4,
      client: { id: "gateway-client", version: "1", platform: "linux", mode: "backend", displayName: "e2e" },
      role: "operator", scopes: ["operator.read", "operator.write", "operator.admin"], caps: [], auth: { token },
    });
  }

  async call(method, params = {}, timeout_ms = 180_000) {
    const id = `t${++this.#next}`;
    const answer = new Promise((resolve) => this.#pending.set(id, resolve));
    this.socket.send(JSON.stringify({ type: "req", id, method, params }));
    const timer = pause(timeout_ms).then(() => ({ ok: false, error: { code: "TIMEOUT", message: `${method}: no answer` } }));
    const frame = await Promise.race([answer, timer]);
    if (!frame.ok) throw Object.assign(new Error(`${method}: ${frame.error.code} ${frame.error.message}`), { code: frame.error.code });
    return frame.payload;
  }

  close() {
    this.socket.close();
  }
}

export class Gateway {
  token = `e2e-${randomUUID()}`;

  constructor({ version, cache, directory, upstream_url, api_key = "no-key-needed" }) {
    Object.assign(this, { version, cache, directory, upstream_url, api_key });
    this.is_old = /^2026\.[1-5]\./.test(version);
  }

  async prepare() {
    this.port ??= await free_port();
    this.url = `ws://127.0.0.1:${this.port}`;
    for (const name of ["home", "state", "ws"]) fs.mkdirSync(path.join(this.directory, name), { recursive: true });
    // The old era installs the dependencies of its plugins from npm at the first start and at the first turn, while it
    // answers nobody.
    this.installed = path.join(this.cache, `plugins-${this.version}`);
    this.installs = path.join(this.directory, "state/plugin-runtime-deps");
    if (fs.existsSync(this.installed)) fs.symlinkSync(this.installed, this.installs);
    fs.writeFileSync(path.join(this.directory, "openclaw.json"), JSON.stringify(this.#config(), null, 1));
  }

  #config() {
    const cost = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
    const models = [{
      id: "test-model", name: "test-model", reasoning: false, input: ["text"], contextWindow: 128000, maxTokens: 4096, cost,
      compat: { supportsUsageInStreaming: true },
    }];
    const roster = this.is_old
      ? { list: [{ id: "main", default: true }, { id: "ops", workspace: path.join(this.directory, "ws/ops") }] }
      : { ownership: "explicit", entries: { main: {}, ops: { workspace: path.join(this.directory, "ws/ops") } } };
    const defaults = { workspace: path.join(this.directory, "ws/main"), model: { primary: "test/test-model" }, skipBootstrap: true, heartbeat: { every: "0m" } };
    if (!this.is_old) defaults.systemAgent = { agentId: "main" };
    return {
      gateway: { mode: "local", port: this.port, bind: "loopback", auth: { mode: "token", token: this.token } },
      models: { mode: "merge", providers: { test: { baseUrl: this.upstream_url, apiKey: this.api_key, api: "openai-completions", models } } },
      agents: { ...roster, defaults },
      cron: { enabled: true },
      plugins: { allow: ["memory-core"] },
      logging: { level: "info", file: path.join(this.directory, "gateway.log") },
    };
  }

  start() {
    const prefix = path.join(this.cache, `openclaw-${this.version}/node_modules/openclaw`);
    const log = fs.openSync(path.join(this.directory, "output.log"), "a");
    this.process = spawn(process.execPath, [path.join(prefix, "openclaw.mjs"), "gateway", "run", "--port", String(this.port), "--bind", "loopback"], {
      cwd: this.directory,
      stdio: ["ignore", log, log],
      env: {
        ...process.env,
        PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`, HOME: path.join(this.directory, "home"),
        OPENCLAW_STATE_DIR: path.join(this.directory, "state"), OPENCLAW_CONFIG_PATH: path.join(this.directory, "openclaw.json"),
        OPENCLAW_GATEWAY_TOKEN: this.token, OPENCLAW_NO_RESPAWN: "1", OPENCLAW_SKIP_CHANNELS: "1",
        OPENCLAW_DISABLE_BONJOUR: "1", DO_NOT_TRACK: "1", NO_COLOR: "1",
      },
    });
    this.exited = new Promise((resolve) => this.process.once("exit", resolve));
  }

  // Returns when the gateway takes connections and answers.
  async ready(timeout_ms = 180_000) {
    for (const end = Date.now() + timeout_ms; Date.now() < end; await pause(500)) {
      if (this.process.exitCode !== null) throw new Error(`the gateway ${this.version} exited; see ${this.directory}/output.log`);
      try {
        this.operator = await Operator.connect(this.url, this.token);
        await this.operator.call("health", {}, 20_000);
        return;
      } catch {
        this.operator?.close();
      }
    }
    throw new Error(`the gateway ${this.version} was not ready in ${timeout_ms / 1000} s; see ${this.directory}/output.log`);
  }

  // Starts a turn and returns its run id.
  async turn(session, message, timeout_ms = 180_000) {
    const agentId = session.split(":")[1];
    const params = { agentId, sessionKey: session, message, idempotencyKey: randomUUID(), deliver: false };
    return (await this.operator.call("agent", params, timeout_ms)).runId;
  }

  async wait(run, timeout_ms = 150_000) {
    const ended = await this.operator.call("agent.wait", { runId: run, timeoutMs: timeout_ms }, timeout_ms + 5_000);
    return ended.status;
  }

  // What was installed for the start; see prepare.mjs.
  note_plugins() {
    copy_tree(this.installs, `${this.installs}.start`);
  }

  // Keeps that and what was installed since for the next gateways.
  keep_plugins() {
    if (!fs.existsSync(this.installs)) return;
    spawnSync("cp", ["-an", `${this.installs}.start/.`, this.installs]);
    for (const folder of fs.readdirSync(this.installs)) fs.rmSync(path.join(this.installs, folder, ".openclaw-npm-cache"), { recursive: true, force: true });
    copy_tree(this.installs, `${this.installed}.part`);
    fs.renameSync(`${this.installed}.part`, this.installed);
  }

  call(method, params) {
    return this.operator.call(method, params);
  }

  async kill(signal = "SIGKILL") {
    this.operator?.close();
    this.process.kill(signal);
    await this.exited;
  }
}
