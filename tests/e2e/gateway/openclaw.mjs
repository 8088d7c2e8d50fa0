// A real OpenClaw with Nightshift as its only model provider: its turns survive the death of the first provider behind it.
//   node openclaw.mjs <nightshift binary> <work folder> <cache of openclaw>
import path from "node:path";
import { free_port, Gateway } from "../openclaw/gateway.mjs";
import { Upstream } from "../openclaw/upstream.mjs";
import { check, checkThat, report } from "./checks.mjs";
import { Nightshift } from "./nightshift.mjs";

const [binary, folder, cache] = process.argv.slice(2);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function eventually(ask, is_there) {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (is_there(answer) || tries === 100) return answer;
    await pause(200);
  }
}
const [first, second] = [new Upstream(), new Upstream()];
await first.start();
await second.start();
// Nightshift follows the same OpenClaw whose calls it carries, so it hears of each call twice.
const openclaw = new Gateway({ version: "2026.9.6", cache, directory: path.join(folder, "openclaw") });
openclaw.port = await free_port();
const target = (provider) => ({ provider, model: "test-model", window: 128_000, price: { input: 3, output: 15 } });
const nightshift = await new Nightshift(binary, folder).start(
  {
    timeouts: { first_token: "60s" },
    providers: [
      { name: "first", url: first.url, keys: ["${MODEL_KEY}"] },
      { name: "second", url: second.url, keys: ["${MODEL_KEY}"] },
    ],
    routes: [{ name: "test-model", deadline: "120s", targets: [target("first"), target("second")] }],
  },
  { MODEL_KEY: "model-key-0000", OPENCLAW_TOKEN: openclaw.token },
  { sources: { openclaw: [{ name: "claw", url: `ws://127.0.0.1:${openclaw.port}`, token: "${OPENCLAW_TOKEN}" }] } },
);
Object.assign(openclaw, { upstream_url: `${nightshift.url}/v1`, api_key: nightshift.token });

try {
  await openclaw.prepare();
  openclaw.start();
  await openclaw.ready();

  const main = "agent:main:night";
  check("a turn through Nightshift ends well", await openclaw.wait(await openclaw.turn(main, "[say:Good evening.]")), "ok");
  check("the first provider answered it", [first.answered().length, second.answered().length], [1, 0]);
  check("a turn with a tool ends well", await openclaw.wait(await openclaw.turn(main, "[run:echo made-by-a-tool]")), "ok");

  // The provider dies while it thinks.
  const run = await openclaw.turn(main, "[wait:20] [say:Still here.]");
  await pause(2000);
  first.stop();
  check("the turn survives the death of its provider", await openclaw.wait(run), "ok");
  checkThat("the second provider answered it", second.answered().length >= 1, second.answered().length);
  check("and so do the turns after it", await openclaw.wait(await openclaw.turn(main, "[say:Good morning.]")), "ok");

  await pause(1500);
  const rows = await nightshift.query('kind = model_call and source = "gateway"', ["count"], ["status"]).catch(() => []);
  checkThat("the gateway booked them", rows.length > 0, rows);

  const answered = [...first.answered(), ...second.answered()];
  const told = await eventually(() => nightshift.query('kind = model_call and source = "openclaw/claw" and status = ok', ["count"]), ([[count]]) => count >= answered.length);
  check("OpenClaw tells of the same calls", told, [[answered.length]]);
  const sum = (of) => answered.reduce((total, call) => total + of(call), 0);
  const counted = [[sum((call) => call.input), sum((call) => call.output)]];
  check("their tokens are counted once", await nightshift.query("kind = model_call", ["sum(input_tokens)", "sum(output_tokens)"]), counted);
  check("and by the gateway, which saw them", await nightshift.query('kind = model_call and source = "gateway"', ["sum(input_tokens)", "sum(output_tokens)"]), counted);
  const session = (await nightshift.request("GET", `/api/v1/sessions/${encodeURIComponent(main)}`)).body;
  check("the session that made them has them", session?.tokens?.input, counted[0][0]);
} catch (error) {
  checkThat("OpenClaw behind Nightshift", false, String(error.stack ?? error));
} finally {
  await openclaw.kill();
  await nightshift.stop();
  second.stop();
}
process.exit(report() ? 0 : 1);
