// Scheduled work on its pages: every kind of verdict that a small configuration can bring about, looked at by a person's means.
import { assert, eventually, hasNoSidewaysScroll, isLive, namelessControls } from "../../../web/test/harness.mjs";

// Each job writes what it promised, or not, in `folder`.
export const jobsConfig = (folder) => `
agents:
  - name: keeper
    folder: ${folder}
    command: [/bin/sh, -c, "while [ -d ${folder} ]; do sleep 1; done"]
jobs:
  - name: report
    description: Writes the morning report
    schedule: {every: 1h}
    folder: ${folder}
    command: [/bin/sh, -c, "echo 'writing the report'; echo 'all is well' > ${folder}/report.txt; echo done"]
    expect:
      - exit_code: 0
        impact: degraded
      - name: the report
        any_of:
          - file: {path: ${folder}/elsewhere.txt, newer_than_start: true}
          - file: {path: ${folder}/report.txt, newer_than_start: true, min_bytes: 5}
      - name: a log
        impact: enhancement
        file: {path: ${folder}/quiet.log, newer_than_start: true}
  - name: liar
    description: Says done and does nothing
    schedule: {cron: "0 4 * * *", zone: Europe/Berlin}
    folder: ${folder}
    command: [/bin/sh, -c, "echo 'posted to the feed'"]
    expect:
      - file: {path: ${folder}/never.txt, newer_than_start: true}
  - name: broken.backup
    schedule: {cron: "30 2 * * mon-fri"}
    folder: ${folder}
    command: [/bin/sh, -c, "echo 'disk is full' >&2; exit 3"]
    retries: {max: 1, backoff: 1s}
    expect:
      - file: {path: ${folder}/backup.tar, newer_than_start: true}
  - name: slow
    schedule: {every: 6h}
    folder: ${folder}
    command: [/bin/sh, -c, "echo started; while [ -d ${folder} ]; do sleep 1; done"]
  - name: elsewhere
    description: Runs in a crontab of another machine
    schedule: {every: 12h}
    watch: {}
probes:
  - {name: answer, command: "echo up", expect: {contains: up}}
`;

const widths = [["1440", { width: 1440, height: 900 }], ["360", { width: 360, height: 760 }]];
const runPath = (id) => `/run/${encodeURIComponent(id).replaceAll(".", "%2E")}`;

// Runs each job once and waits for its verdict; answers the occurrences by job.
async function settle(program) {
  const wanted = { report: "verified", liar: "contradicted", "broken.backup": "failed" };
  for (const job of [...Object.keys(wanted), "slow"]) await program.post(`/api/v1/jobs/${job}/run`, {});
  const { ping_path: ping } = await program.get("/api/v1/jobs/elsewhere");
  assert.match(ping, /^\/ping\//);
  assert.equal((await fetch(`${program.base}${ping}/start`)).status, 200);
  assert.equal((await fetch(program.base + ping, { method: "POST", body: "rotated 12 files" })).status, 200);
  const found = {};
  for (const [job, verdict] of Object.entries(wanted)) {
    found[job] = await eventually(`${job} is ${verdict}`, async () => (await program.get(`/api/v1/occurrences?job=${job}`)).items.find((each) => each.verdict === verdict), 60_000);
  }
  found.elsewhere = await eventually("the watched job has its verdict", async () => (await program.get("/api/v1/occurrences?job=elsewhere")).items.find((each) => each.verdict), 60_000);
  return found;
}

export async function jobs(suite, browser, program, shoot) {
  let found;
  await suite.check("system: a probe passes once it was seen to, and is looked at again", async () => {
    const page = await browser.page("/system");
    await page.locator('[data-probe="answer"][data-state="passing"]').waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "Look at answer now" }).click();
    await page.getByText(/^answer: /).waitFor();
    await page.close();
  });
  await suite.check("jobs: a configuration brings every verdict it should", async () => {
    found = await settle(program);
  });
  const row = (page, name) => page.locator(".jobs > li", { has: page.getByRole("link", { name, exact: true }) });

  await suite.check("jobs: a row says schedule, next, verdict and why; what is bad is on top; only the proven is green", async () => {
    const page = await browser.page("/jobs");
    await row(page, "report").waitFor();
    assert.deepEqual((await page.locator(".jobs .j-name a").allInnerTexts()).slice(0, 2), ["liar", "broken.backup"]);
    assert.match(await row(page, "report").innerText(), /in \d+ [hms][\s\S]*verified[\s\S]*(now|ago)[\s\S]*proven by the report/);
    assert.match(await row(page, "liar").locator(".j-last").innerText(), /contradicted[\s\S]*never\.txt|contradicted[\s\S]*file/);
    assert.match((await row(page, "report").locator(".j-next time").getAttribute("title")) ?? "", /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
    const title = await row(page, "liar").locator("a.vmark.v-contradicted").first().getAttribute("title");
    assert.match(title ?? "", /^\d{4}-\d\d-\d\d .*\ncontradicted: /);
    assert.equal(await row(page, "liar").locator("a.vmark.v-contradicted").first().innerText(), "X");
    assert.equal(await row(page, "report").locator("i.vmark.v-planned").count(), 1, "what comes next is hollow");
    assert.equal(await row(page, "slow").locator(".running").count(), 1);
    const green = await page.evaluate(() => {
      const of = (state) => getComputedStyle(document.querySelector(`.legend-row .vmark.v-${state}`)).getPropertyValue("--tone");
      return ["verified", "unverified", "contradicted", "failed", "late", "missed", "skipped", "silent_ok", "running", "planned"].filter((state) => of(state) === of("verified"));
    });
    assert.deepEqual(green, ["verified"]);
    await page.close();
  });

  await suite.check("jobs: the daily line counts, says since when, and that the ledger adds up", async () => {
    const page = await browser.page("/jobs");
    const line = page.locator(".daily");
    await line.waitFor();
    await eventually("audited", async () => /today: \d+ planned, \d+ verified.*since \d\d:\d\d.*ledger adds up \(checked (now|\d+ \w ago)\)/s.test(await line.innerText()), 90_000);
    await page.close();
  });

  await suite.check("jobs: a supervised agent is shown, stopped and started; a process that nobody looks at is not green", async () => {
    const page = await browser.page("/jobs");
    const agent = page.locator("[data-agent=keeper]");
    await agent.waitFor();
    await eventually("running", async () => (await agent.getAttribute("data-state")) === "running");
    assert.match(await agent.getAttribute("class"), /s-unknown/);
    await page.getByRole("button", { name: "Stop keeper" }).click();
    await eventually("stopped", async () => (await agent.getAttribute("data-state")) === "stopped");
    await page.getByRole("button", { name: "Start keeper" }).click();
    await eventually("running again", async () => (await agent.getAttribute("data-state")) === "running");
    await page.close();
  });

  await suite.check("jobs: run now shows on the open page without a reload, pause asks why, resume takes it back", async () => {
    const page = await browser.page("/jobs");
    await isLive(page);
    await row(page, "report").waitFor();
    const marks = () => row(page, "report").locator("a.vmark").count();
    const before = await marks();
    await page.getByRole("button", { name: "Run report now" }).click();
    await page.getByText(/Started report@/).waitFor();
    await eventually("one mark more", async () => (await marks()) === before + 1);
    await page.getByRole("button", { name: "Pause report" }).click();
    await page.locator("dialog input").fill("the printer is on fire");
    await page.locator("dialog").getByRole("button", { name: "Pause" }).click();
    await row(page, "report").getByText("the printer is on fire").waitFor();
    assert.equal(await row(page, "report").locator(".s-warning").innerText(), "paused");
    await page.getByRole("button", { name: "Resume report" }).click();
    await row(page, "report").getByText("the printer is on fire").waitFor({ state: "detached" });
    await page.close();
  });

  await suite.check("jobs: is worked by keyboard", async () => {
    const page = await browser.page("/");
    await isLive(page);
    await page.keyboard.press("g");
    await page.keyboard.press("j");
    await page.waitForURL("**/jobs");
    await row(page, "report").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("p");
    await page.getByRole("dialog", { name: /Pause/ }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await page.waitForURL("**/jobs/liar");
    await page.getByRole("heading", { level: 1, name: "liar" }).waitFor();
    await page.close();
  });

  await suite.check("job: next ten times, expectations with impact, ping URL of watched work, history by verdict", async () => {
    const page = await browser.page("/jobs/report");
    await page.getByRole("heading", { name: "What must be true afterwards" }).waitFor();
    assert.equal(await page.locator(".table tbody tr").count(), 10);
    assert.match(await page.locator(".expectation", { hasText: "the report" }).innerText(), /blocking[\s\S]*elsewhere\.txt.*, or .*report\.txt/);
    assert.match(await page.locator(".expectation", { hasText: "a log" }).innerText(), /enhancement/);
    await page.locator(".runs li").first().waitFor();
    await page.getByRole("group", { name: "Verdicts" }).getByRole("button", { name: "missed" }).click();
    await page.waitForURL(/verdict=missed/);
    await page.getByText("No occurrence ended missed.").waitFor();
    await page.goto(`${browser.base}/jobs/elsewhere`);
    const url = await page.locator("[data-ping]").innerText();
    assert.ok(url.startsWith(`${browser.base}/ping/`), url);
    await page.close();
  });

  await suite.check("run: a verified one says what was observed, when and by whom, also the path that did not prove it", async () => {
    const page = await browser.page(runPath(found.report.id));
    await page.locator("[data-why]", { hasText: "proven by the report" }).waitFor();
    assert.match(await page.locator(".timeline").innerText(), /Planned|Asked for[\s\S]*Attempt 1 started[\s\S]*exit 0[\s\S]*Verdict: verified/);
    const own = page.locator(".proofs li", { hasText: "exit_code" });
    assert.match(await own.innerText(), /the work's own word/);
    assert.equal(await own.locator(".s-passing").count(), 0, "the work's own word is not green");
    await page.locator(".proofs li", { hasText: "the report" }).getByRole("button").click();
    const drawer = page.locator("dialog.drawer[open]");
    await drawer.waitFor();
    assert.equal(await drawer.locator(".path").count(), 2);
    assert.match(await drawer.innerText(), /blocking[\s\S]*Condition[\s\S]*Outcome[\s\S]*(fails|holds)[\s\S]*Observed[\s\S]*When[\s\S]*\d\d:\d\d:\d\d[\s\S]*By whom[\s\S]*file system/);
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
    await page.locator("summary", { hasText: "Output" }).click();
    await page.locator("pre.output", { hasText: "writing the report" }).waitFor();
    await page.close();
  });

  await suite.check("run: a failed one shows both attempts; a contradicted one who said what", async () => {
    const page = await browser.page(runPath(found["broken.backup"].id));
    await page.getByRole("heading", { name: "2 attempts" }).waitFor();
    assert.equal(await page.locator(".table .has-errors", { hasText: "exit 3" }).count(), 2);
    await page.goto(browser.base + runPath(found.liar.id));
    await page.locator("[data-why]", { hasText: /contradicted: .+/ }).waitFor();
    assert.equal(await page.locator(".proofs .s-failed").count(), 1);
    await page.close();
  });

  await suite.check("run: a person overrides with a reason and an end, and it is seen", async () => {
    const page = await browser.page(runPath(found.liar.id));
    await page.locator("[data-why]").waitFor();
    await page.keyboard.press("o");
    await page.getByRole("dialog", { name: "Override the verdict" }).waitFor();
    await page.locator("dialog select[name=verdict]").selectOption("silent_ok");
    await page.locator("dialog input[name=reason]").fill("nothing was to be posted");
    await page.locator("dialog select[name=for]").selectOption("1h");
    await page.locator("dialog").getByRole("button", { name: "Override" }).click();
    await page.locator("[data-override]", { hasText: /says silent ok, over the ledger's contradicted, until \d{4}.*: nothing was to be posted/s }).waitFor();
    assert.equal(await page.locator(".hero .verdict.v-silent_ok").count(), 1);
    assert.match(await page.locator("[data-why]").innerText(), /^contradicted/);
    await page.close();
  });

  await suite.check("jobs: fit 360 px and 1440 px, light and dark, with a name for every control and one first heading", async () => {
    const paths = { jobs: "/jobs", job: "/jobs/report", "job-watched": "/jobs/elsewhere", run: `${runPath(found.report.id)}?evidence=the+report`, "run-failed": runPath(found["broken.backup"].id), "run-overridden": runPath(found.liar.id) };
    for (const [width, size] of widths) {
      for (const [name, path] of Object.entries(paths)) {
        const page = await browser.page(path, size);
        await isLive(page);
        await page.locator(".jobs > li, .hero .verdict").first().waitFor();
        await page.waitForTimeout(400);
        await hasNoSidewaysScroll(page);
        assert.deepEqual(await namelessControls(page), [], path);
        assert.equal(await page.locator("h1").count(), 1, `${path} has one h1`);
        await shoot(page, `${name}-${width}-light`);
        await page.emulateMedia({ colorScheme: "dark" });
        await page.waitForTimeout(200);
        await shoot(page, `${name}-${width}-dark`);
        await page.close();
      }
    }
  });
}
