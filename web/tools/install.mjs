// Runs `npm ci`, but only when package-lock.json is not the one that was installed last. Several build folders share
// node_modules, so the note of what is installed lies in there, and one installation waits for another.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const web = new URL("..", import.meta.url).pathname;
const note = join(web, "node_modules/.installed-lock");
const lock = join(web, ".install-lock");
const wanted = createHash("sha256").update(readFileSync(join(web, "package-lock.json"))).digest("hex");
const kWaitMs = 300_000;

const isInstalled = () => existsSync(note) && readFileSync(note, "utf8") === wanted;

function acquire() {
  for (const end = Date.now() + kWaitMs; ; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)) {
    try {
      mkdirSync(lock);
      return;
    } catch {
      if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > kWaitMs) rmdirSync(lock);
      else if (Date.now() > end) throw new Error(`another installation has held ${lock} for five minutes; remove it if none runs`);
    }
  }
}

if (!isInstalled()) {
  acquire();
  try {
    if (!isInstalled()) {
      const npm = process.argv[2] ?? "npm";
      const result = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: web, stdio: "inherit" });
      if (result.status !== 0) {
        console.error("npm ci failed: the web UI needs its packages once, from the npm registry this machine is set up for");
        process.exitCode = 1;
      } else writeFileSync(note, wanted);
    }
  } finally {
    rmdirSync(lock);
  }
}
