// Work that Nightshift plans and a gateway runs: turns of agents, runs of cron jobs, and cron jobs that are watched.
import { check, eventually, pause } from "./checks.mjs";

const put = async (nightshift, name, definition) => {
  const { status, body } = await nightshift.request("PUT", `/api/v1/jobs/${name}`, definition);
  if (status >= 300) throw new Error(`PUT job ${name}: ${status} ${JSON.stringify(body)}`);
};

async function run(nightshift, job) {
  const { status, body } = await nightshift.request("POST", `/api/v1/jobs/${job}/run`, {});
  if (status !== 202) throw new Error(`run ${job}: ${status} ${JSON.stringify(body)}`);
  return body.occurrence;
}

const occurrence = (nightshift, id) => nightshift.get(`/api/v1/occurrences/${encodeURIComponent(id)}`).then((body) => body.occurrence ?? body);
const asked = (upstream, text) => upstream.calls.filter((call) => call.prompt.includes(text)).length;

async function decided(nightshift, what, id, timeout_ms = 90_000) {
  let seen;
  await eventually(what, async () => {
    seen = await occurrence(nightshift, id);
    return seen.verdict !== null;
  }, true, timeout_ms);
  return seen;
}

// A turn is proven by what the recorder saw of it, not by the gateway's "ok".
export async function turns(nightshift, name, upstream) {
  const agent = (message, more = {}) => ({ agent: { source: name, agent: "main", message }, ...more });
  const tokens = { tokens: { agent: `${name}/main`, min: 1 }, wait: "40s" };
  await put(nightshift, `turn-${name}`, agent("[say:The night is quiet.]", { expect: [tokens] }));
  const id = await run(nightshift, `turn-${name}`);
  const good = await decided(nightshift, `${name}: a planned turn is decided`, id);
  check(`${name}: it is verified by the recorder`, [good.verdict, good.evidence[0].observer], ["verified", "recorder"]);
  check(`${name}: it says what the agent answered`, good.summary, "The night is quiet.");
  const [call] = upstream.answered().filter((each) => each.prompt.includes("The night is quiet"));
  check(`${name}: its tokens are the provider's`, good.tokens, call.input + call.output);

  await put(nightshift, `refused-${name}`, agent("[refuse:]"));
  const refused = await decided(nightshift, `${name}: a refused turn is decided`, await run(nightshift, `refused-${name}`));
  check(`${name}: it failed, and says why`, [refused.verdict, /not found|does not exist/.test(refused.why)], ["failed", true]);

  await put(nightshift, `unknown-${name}`, { agent: { source: "nobody", agent: "main", message: "?" } });
  const unknown = await decided(nightshift, `${name}: a turn at no gateway is decided`, await run(nightshift, `unknown-${name}`));
  check(`${name}: it says which gateways there are`, [unknown.verdict, unknown.why.includes("there is no nobody")], ["failed", true]);

  await put(nightshift, `slow-${name}`, agent(`slow-${name} [wait:90] [say:too late]`, { timeout: "6s" }));
  const slow = await decided(nightshift, `${name}: a turn beyond its timeout is decided`, await run(nightshift, `slow-${name}`));
  check(`${name}: it was stopped`, [slow.verdict, slow.attempts[0].execution.timed_out], ["failed", true]);
}

// Nightshift dies while a turn runs: the turn is found again, and is not asked for twice.
export async function begin_turn(nightshift, name) {
  await put(nightshift, `outlives-${name}`, { agent: { source: name, agent: "main", message: `outlives-${name} [wait:12] [say:still here]` } });
  return run(nightshift, `outlives-${name}`);
}

export async function end_turn(nightshift, name, upstream, id) {
  const seen = await decided(nightshift, `${name}: a turn that outlived Nightshift is decided`, id);
  check(`${name}: its answer is known`, [seen.summary, seen.attempt], ["still here", 1]);
  check(`${name}: it was asked for once`, asked(upstream, `outlives-${name}`), 1);
}

// The gateway dies while a turn runs: nobody may say how it ended.
export async function lose_turn(nightshift, name, gateway, upstream) {
  await put(nightshift, `lost-${name}`, { agent: { source: name, agent: "main", message: `lost-${name} [wait:600] [say:never]` } });
  const id = await run(nightshift, `lost-${name}`);
  await eventually(`${name}: a turn that will be lost is on its way`, () => asked(upstream, `lost-${name}`) > 0, true, 60_000);
  await gateway.kill("SIGKILL");
  gateway.start();
  await gateway.ready();
  const seen = await decided(nightshift, `${name}: a lost turn is decided`, id, 120_000);
  check(`${name}: how it ended is not known`, [seen.verdict, seen.attempts[0].execution.lost ?? false], ["unverified", true]);
}

export async function cron_runs(nightshift, name, gateway) {
  const added = (job_name, message) => gateway.call("cron.add", {
    name: job_name, agentId: "main", schedule: { kind: "every", everyMs: 86_400_000 }, sessionTarget: "isolated",
    wakeMode: "now", payload: { kind: "agentTurn", message }, delivery: { mode: "none" },
  });
  const job = await added("started from outside", "[wait:3] [say:The cron job ran.]");
  await put(nightshift, `cron-${name}`, { cron_run: { source: name, id: job.id }, overlap: "allow" });
  const first = await run(nightshift, `cron-${name}`);
  await pause(1500);
  const second = await run(nightshift, `cron-${name}`);
  const ran = await decided(nightshift, `${name}: a cron run is decided`, first);
  check(`${name}: it says what the job said, and counts its tokens`, [ran.summary, ran.tokens > 0], ["The cron job ran.", true]);
  const refused = await decided(nightshift, `${name}: a second run beside it is decided`, second);
  check(`${name}: the gateway refused it`, [refused.verdict, refused.why.includes("already-running")], ["failed", true]);

  const watched = await added("watched", "[say:Watched work.]");
  const event = { event: { filter: `kind = job and status = ok and name = "watched"` }, wait: "30s" };
  await put(nightshift, `watched-${name}`, { watch: { openclaw: { source: name, id: watched.id } }, expect: [event] });
  await gateway.call("cron.run", { id: watched.id, mode: "force" });
  await eventually(`${name}: a watched cron run is in the ledger once, and verified`, async () => {
    const { items } = await nightshift.get(`/api/v1/occurrences?job=watched-${name}`);
    return items.map((each) => each.verdict);
  }, ["verified"], 90_000);
}
