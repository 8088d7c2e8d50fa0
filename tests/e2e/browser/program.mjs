// The real program and its simulated fleet, in a folder of its own on ports that were free.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const ended = (child, ms) =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill("SIGKILL"), ms);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
  });

export class Program {
  // `config` makes the text of a configuration from the folder it lies in.
  constructor(binary, config) {
    this.binary = binary;
    this.folder = mkdtempSync(join(tmpdir(), "nightshift-ui-"));
    this.output = "";
    this.options = [];
    if (!config) return;
    const path = join(this.folder, "nightshift.yaml");
    writeFileSync(path, config(this.folder));
    this.options = ["--config", path];
  }

  // The same ports again after a stop, as a restarted service has.
  async start() {
    this.port ??= await freePort();
    this.otlpPort ??= await freePort();
    this.server = spawn(this.binary, ["up", "--data", join(this.folder, "data"), "--listen", `127.0.0.1:${this.port}`, "--otlp", `127.0.0.1:${this.otlpPort}`, ...this.options], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.server.stdout, this.server.stderr]) stream.on("data", (data) => { this.output = (this.output + data).slice(-20_000); });
    const end = Date.now() + 30_000;
    for (;;) {
      if (this.server.exitCode !== null) throw new Error(`the server ended with ${this.server.exitCode}:\n${this.output}`);
      const isServing = await fetch(`${this.base}/healthz`).then((response) => response.ok, () => false);
      if (isServing) break;
      if (Date.now() > end) throw new Error(`the server does not serve:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.token = readFileSync(join(this.folder, "data/admin.token"), "utf8").trim();
  }

  get base() {
    return `http://127.0.0.1:${this.port}`;
  }

  startDemo() {
    this.demo = spawn(this.binary, ["demo"], { env: { ...process.env, NIGHTSHIFT_URL: this.base, NIGHTSHIFT_TOKEN: this.token }, stdio: "ignore" });
  }

  get(path) {
    return fetch(this.base + path, { headers: { Authorization: `Bearer ${this.token}` } }).then((response) => response.json());
  }

  async post(path, body) {
    const response = await fetch(this.base + path, { method: "POST", headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`POST ${path} was answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  async stopServer(signal = "SIGTERM") {
    this.server.kill(signal);
    await ended(this.server, 15_000);
  }

  async stop() {
    this.demo?.kill("SIGTERM");
    if (this.demo) await ended(this.demo, 10_000);
    if (this.server) await this.stopServer();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
