// Real OpenClaw gateways of both protocol eras, watched by Nightshift: what its REST API says is compared with what the
// gateways and their model provider did. usage: main.mjs NIGHTSHIFT_BINARY CACHE WORK_DIRECTORY
import path from "node:path";
import { check, eventually, finish, pause } from "./checks.mjs";
import { Gateway, free_port } from "./gateway.mjs";
import { Nightshift } from "./nightshift.mjs";
import { begin_turn, cron_runs, end_turn, lose_turn, turns } from "./scheduled.mjs";
import { Upstream } from "./upstream.mjs";

const [binary, cache, work] = process.argv.slice(2);
const versions = { new: "2026.9.6", old: "2026.4.27" };
const upstreams = {};
const gateways = {};
const started = Date.now();
const say = (text) => console.log(`     ${((Date.now() - started) / 1000).toFixed(0)} s: ${text}`);
const both = (work_on) => Promise.all(Object.keys(gateways).map((name) => work_on(name, gateways[name], upstreams[name])));
const ended = 'status != running';
const of = (name, kind) => `source = "openclaw/${name}" and kind = ${kind} and ${ended}`;

// Tokens, cost and calls of a source, as Nightshift recorded them.
async function recorded(nightshift, name, more = "") {
  const [calls, input, cached, output, usd] = await nightshift.sum(
    `${of(name, "model_call")} and status = ok${more}`,
    ["count", "sum(input_tokens)", "sum(cache_read_tokens)", "sum(output_tokens)", "sum(cost)"],
  );
  return { calls, input, cached, output, nano_usd: Math.round(usd * 1e9) };
}

async function same_totals(nightshift, name, upstream, when) {
  await eventually(`${name}: tokens, cost and calls are the provider's, ${when}`, () => recorded(nightshift, name), upstream.totals());
  const events = await nightshift.events(`${of(name, "model_call")} and status = ok`);
  const seen = events.map((event) => event.attributes.response_id).sort();
  check(`${name}: each answer of the provider is one event, ${when}`, seen, upstream.answered().map((call) => call.id).sort());
}

async function plain_work(nightshift, name, gateway, upstream) {
  const main = "agent:main:first";
  check(`${name}: a plain turn ends well`, await gateway.wait(await gateway.turn(main, "[say:Hello there.]")), "ok");
  check(`${name}: a turn with a tool ends well`, await gateway.wait(await gateway.turn(main, "[run:echo made-by-a-tool]")), "ok");
  check(`${name}: a refused turn fails`, await gateway.wait(await gateway.turn("agent:ops:second", "[refuse:]")), "error");

  const job = await gateway.call("cron.add", {
    name: "nightly report", agentId: "main", schedule: { kind: "every", everyMs: 86_400_000 }, sessionTarget: "isolated",
    wakeMode: "now", payload: { kind: "agentTurn", message: "[say:The report is written.]" }, delivery: { mode: "none" },
  });
  await gateway.call("cron.run", { id: job.id, mode: "force" });
  const ran = async () => (await gateway.call("cron.runs", { scope: "job", id: job.id, limit: 5 })).entries.length;
  await eventually(`${name}: the job runs`, ran, 1, 90_000);

  await same_totals(nightshift, name, upstream, "after plain work");
  await eventually(`${name}: turns that ended well`, () => nightshift.count(`${of(name, "turn")} and status = ok`), 3);
  await eventually(`${name}: turns that failed`, () => nightshift.count(`${of(name, "turn")} and status = error`), 1);
  await eventually(`${name}: tool calls`, () => nightshift.count(of(name, "tool_call")), upstream.answered().filter((call) => call.tool).length);
  await eventually(`${name}: runs of jobs`, () => nightshift.count(`${of(name, "job")} and status = ok and name = "nightly report"`), 1);
  await eventually(`${name}: the failed turn says why`, async () => {
    const [turn] = await nightshift.events(`${of(name, "turn")} and status = error`);
    return turn?.error_type;
  }, "model_not_found");
  await eventually(`${name}: the session is idle and belongs to its agent`, async () => {
    const session = await nightshift.session(`${name}/${main}`);
    return [session.agent, session.state.value, session.source, session.tool_calls];
  }, [`${name}/main`, "idle", `openclaw/${name}`, 1]);
  await eventually(`${name}: the source counts turns`, async () => {
    const status = await nightshift.source(name);
    return [status.turns_ok, status.turns_failed];
  }, [3, 1]);
}

// Nightshift is away while the gateway works; afterwards it must know all of it, and nothing twice.
async function work_unseen(name, gateway) {
  check(`${name}: a turn while nobody watches ends well`, await gateway.wait(await gateway.turn("agent:main:unseen", "[run:echo unseen]")), "ok");
}

async function crash(nightshift, name, gateway, upstream) {
  const crashes = () => nightshift.count(`source = "openclaw/${name}" and name = gateway.crashed`);
  const before = await crashes();
  await gateway.turn("agent:main:interrupted", "[wait:120] [say:never]");
  await eventually(`${name}: a turn is on its way`, () => nightshift.count(`source = "openclaw/${name}" and kind = turn and status = running and session ~ interrupted`), 1);
  await gateway.kill("SIGKILL");
  await eventually(`${name}: a killed gateway is failing`, async () => (await nightshift.source(name)).state.value, "failing", 30_000);
  gateway.start();
  await gateway.ready();
  await eventually(`${name}: the gateway passes again`, async () => (await nightshift.source(name)).state.value, "passing");
  await eventually(`${name}: the crash is recorded`, crashes, before + 1);
  await eventually(`${name}: the interrupted turn has failed`, async () => {
    const turns = await nightshift.events(`${of(name, "turn")} and session ~ interrupted`);
    return turns.map((turn) => turn.status);
  }, (seen) => seen.includes("error"));  // the new era begins it again by itself
  await same_totals(nightshift, name, upstream, "after a crash");
}

async function stop_a_loop(nightshift, name, gateway, upstream) {
  const session = "agent:main:looping";
  const run = await gateway.turn(session, "[loop:echo round-and-round]");
  const rounds = () => nightshift.count(`${of(name, "tool_call")} and session ~ looping`);
  await eventually(`${name}: a loop is seen while it runs`, rounds, (count) => count >= 4, 90_000);
  const answer = await nightshift.abort(`${name}/${session}`, "it goes in circles");
  check(`${name}: the abort is accepted`, [answer.status, typeof answer.body?.outcome], [202, "string"]);
  const status = await gateway.wait(run, 30_000);
  // The old era calls an aborted run "ok" here; that it was cancelled is checked below.
  check(`${name}: the loop's turn has ended`, status !== "timeout" && status !== "pending", true);
  await eventually(`${name}: the aborted turn is recorded`, async () => {
    const turns = await nightshift.events(`${of(name, "turn")} and session ~ looping`);
    return turns.map((turn) => turn.status);
  }, ["cancelled"]);
  const calls = () => upstream.calls.filter((call) => call.prompt.includes("round-and-round")).length;
  const asked = calls();
  await pause(3000);
  check(`${name}: the provider is asked no more`, calls(), asked);
  const history = await gateway.call("chat.history", { sessionKey: session, limit: 1000 });
  const kept = history.messages.filter((message) => message.role === "assistant" && message.stopReason === "toolUse").length;
  await eventually(`${name}: model calls of the loop are those the gateway kept`, async () => (await recorded(nightshift, name, " and session ~ looping")).calls, kept);
}

async function main() {
  for (const [name, version] of Object.entries(versions)) {
    upstreams[name] = new Upstream();
    await upstreams[name].start();
    gateways[name] = new Gateway({ version, cache, directory: path.join(work, name), upstream_url: upstreams[name].url });
    await gateways[name].prepare();
    gateways[name].start();
  }
  const [port, otlp_port] = [await free_port(), await free_port()];
  const nightshift = new Nightshift({ binary, directory: path.join(work, "nightshift"), port, otlp_port, gateways });
  process.once("exit", () => {
    for (const { process: child } of [...Object.values(gateways), nightshift]) child?.kill("SIGKILL");
  });
  await nightshift.start();
  await both(async (name, gateway) => {
    check(`${name}: a gateway that does not answer yet is not passing`, (await nightshift.source(name)).state.value !== "passing", true);
    await gateway.ready();
    await eventually(`${name}: the source passes`, async () => (await nightshift.source(name)).state.value, "passing");
  });
  await both(async (name) => {
    const status = await nightshift.source(name);
    check(`${name}: version and protocol`, [status.version, status.protocol], [versions[name], name === "new" ? 4 : 3]);
  });
  say("gateways are up");
  await both((name, gateway, upstream) => plain_work(nightshift, name, gateway, upstream));
  say("plain work is done");

  await nightshift.kill("SIGKILL");
  await both((name, gateway) => work_unseen(name, gateway));
  await nightshift.start();
  await both((name, gateway, upstream) => same_totals(nightshift, name, upstream, "after Nightshift was away"));
  await both(async (name) => {
    await eventually(`${name}: tool calls made unseen`, () => nightshift.count(`${of(name, "tool_call")} and session ~ unseen`), 1);
    await eventually(`${name}: all tool calls once`, () => nightshift.count(of(name, "tool_call")), 2);
  });
  await eventually("new: turns made unseen", () => nightshift.count(`${of("new", "turn")} and session ~ unseen`), 1);
  say("what happened unseen is known");

  await both((name, gateway, upstream) => turns(nightshift, name, upstream));
  await both((name, gateway) => cron_runs(nightshift, name, gateway));
  const outliving = Object.fromEntries(await both(async (name) => [name, await begin_turn(nightshift, name)]));
  await both((name, gateway, upstream) => eventually(`${name}: a turn that will outlive Nightshift is on its way`, () => upstream.calls.some((call) => call.prompt.includes(`outlives-${name}`)), true, 60_000));
  await nightshift.kill("SIGKILL");
  await nightshift.start();
  await both((name, gateway, upstream) => end_turn(nightshift, name, upstream, outliving[name]));
  say("scheduled work is over");

  await both((name, gateway, upstream) => crash(nightshift, name, gateway, upstream));
  say("crashes are over");
  await both((name, gateway, upstream) => stop_a_loop(nightshift, name, gateway, upstream));
  say("loops are stopped");
  await both((name, gateway, upstream) => lose_turn(nightshift, name, gateway, upstream));
  say("a turn was lost");
  await nightshift.kill("SIGTERM");
  await both((name, gateway) => gateway.kill("SIGKILL"));
  for (const upstream of Object.values(upstreams)) upstream.stop();
}

try {
  await main();
} catch (error) {
  check(`the test runs to its end (logs are in ${work})`, error.stack, null);
}
process.exit(finish() ? 0 : 1);
