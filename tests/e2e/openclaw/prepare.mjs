// Lets a gateway of the old era install its plugins' dependencies once, and keeps them for the tests. It installs one set
// from npm at its start and another one at its first turn, each of which removes the other, and answers nobody meanwhile;
// with both there it installs nothing. usage: prepare.mjs VERSION CACHE
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Gateway } from "./gateway.mjs";
import { Upstream } from "./upstream.mjs";

const [version, cache] = process.argv.slice(2);
const directory = fs.mkdtempSync(path.join(os.tmpdir(), "nightshift-openclaw-prepare."));
const upstream = new Upstream();
await upstream.start();
const gateway = new Gateway({ version, cache, directory, upstream_url: upstream.url });
await gateway.prepare();
gateway.start();
process.once("exit", () => gateway.process.kill("SIGKILL"));
await gateway.ready(600_000);
gateway.note_plugins();
const minutes = 10 * 60_000;
const run = await gateway.turn("agent:main:prepare", "[say:ready]", minutes);
const status = await gateway.wait(run, minutes);
if (status !== "ok") throw new Error(`the first turn of ${version} ended with ${status}; see ${directory}`);
gateway.keep_plugins();
await gateway.kill();
fs.rmSync(directory, { recursive: true, force: true });
process.exit(0);
