// Incidents and alerts on their pages: a failed job and a looping session of the simulated fleet, dealt with by a person's means.
import { assert, eventually, hasNoSidewaysScroll, isLive, namelessControls } from "../../../web/test/harness.mjs";

const widths = [["1440", { width: 1440, height: 900 }], ["360", { width: 360, height: 760 }]];
const incidentPath = (id) => `/incidents/${encodeURIComponent(id).replaceAll(".", "%2E")}`;
const kJob = "broken.backup";

// The unresolved incidents of the job that fails and of a session that loops, both diagnosed.
async function settle(program) {
  const unresolved = async (test) => (await program.get("/api/v1/incidents?state=unresolved&limit=100")).items.find((each) => each.diagnosis && test(each));
  if (!(await unresolved((each) => each.labels.job === kJob))) await program.post(`/api/v1/jobs/${kJob}/run`, {});
  return {
    job: await eventually("the failed job has its incident, diagnosed", () => unresolved((each) => each.labels.job === kJob), 90_000),
    loop: await eventually("the looping session has its incident, diagnosed", () => unresolved((each) => each.rule === "session_looping"), 120_000),
  };
}

export async function incidents(suite, browser, program, shoot) {
  let found;
  await suite.check("incidents: a failed job and a looping session are incidents, diagnosed before anybody is told", async () => {
    found = await settle(program);
    for (const each of Object.values(found)) {
      assert.ok(each.diagnosis.summary.length > 10 && each.severity_why.length > 3, JSON.stringify(each));
      assert.ok(each.notified_ms === null || each.diagnosed_ms <= each.notified_ms);
    }
  });
  if (!found) return;
  const card = (page, which) => page.locator(`[data-incident="${which.id}"]`);

  await suite.check("now: an incident says what is wrong, by which evidence, who has it, and offers one thing to do", async () => {
    const page = await browser.page("/");
    await card(page, found.job).waitFor();
    await eventually("the evidence is read", async () => (await card(page, found.job).locator(".proofs-of li").count()) > 0);
    const text = await card(page, found.job).innerText();
    assert.ok(text.includes(found.job.title), text);
    assert.match(text, /(critical|warning)[\s\S]*(blocked|unknown|degraded)/);
    assert.match(text, /Still works[\s\S]*Told/);
    for (const each of await page.locator("[data-incident] .do").all()) assert.equal(await each.locator("button, a").count(), 1);
    for (const chip of await page.locator("[data-incident] .state.chip", { hasText: /unknown|not diagnosed/ }).all()) assert.match(await chip.getAttribute("class"), /s-unknown/);
    await card(page, found.loop).locator("a", { hasText: found.loop.subject.name }).first().waitFor();
    assert.match(await page.locator("[data-look]").innerText(), /\d+ (of \d+ )?rules? looked/);
    await page.close();
  });

  await suite.check("now: acknowledged by keyboard, and every screen says by whom", async () => {
    const [page, other] = [await browser.page("/"), await browser.page("/")];
    await isLive(page);
    await card(page, found.job).waitFor();
    await card(other, found.job).waitFor();
    const order = await page.locator("[data-incident]").evaluateAll((all) => all.map((each) => each.dataset.incident));
    for (let i = 0; i <= order.indexOf(found.job.id); i += 1) await page.keyboard.press("j");
    assert.equal(await card(page, found.job).getAttribute("data-selected"), "true");
    await page.keyboard.press("a");
    await card(other, found.job).getByText(/has it, (now|\d+ s ago)/).waitFor();
    const { state, acknowledged_by: by } = await program.get(`/api/v1/incidents/${found.job.id}`);
    assert.deepEqual([state, by.length > 0], ["acknowledged", true]);
    await page.close();
    await other.close();
  });

  await suite.check("incident: checks lead to the run, the timeline tells what happened; a note and a new diagnosis are written down", async () => {
    const page = await browser.page(incidentPath(found.job.id));
    await page.locator(".checks tbody tr").first().waitFor();
    const run = page.locator(".checks a[href^='/run/']").first();
    await page.locator(".timeline").getByText("acknowledged").first().waitFor();
    assert.match(await page.locator(".timeline").innerText(), /opened by nightshift[\s\S]*diagnosed by nightshift/);
    await page.locator("h1").click();
    await page.keyboard.press("n");
    await page.locator("dialog textarea").fill("<b>the tape</b> is in the other drive");
    await page.getByRole("dialog").getByRole("button", { name: "Add note" }).click();
    await page.locator(".timeline li", { hasText: "<b>the tape</b> is in the other drive" }).waitFor();
    await page.getByRole("button", { name: /Diagnose again/ }).click();
    await page.locator('[aria-label="Diagnosis"] header', { hasText: /facts as of (now|\d s ago)/ }).waitFor();
    await page.locator("summary", { hasText: "Post-mortem" }).click();
    await page.locator("pre.output", { hasText: "is in the other drive" }).waitFor();
    const href = await page.getByRole("link", { name: "Download" }).getAttribute("href");
    const response = await browser.context.request.get(browser.base + href);
    assert.match(response.headers()["content-type"], /^text\/markdown/);
    await run.click();
    await page.waitForURL(/\/run\/broken/);
    await page.close();
  });

  await suite.check("incident: handed over, resolved with what it was after all, reopened", async () => {
    const page = await browser.page(incidentPath(found.job.id));
    await page.getByRole("button", { name: /Hand over/ }).click();
    await page.locator("dialog input").fill("grace");
    await page.getByRole("dialog").getByRole("button", { name: "Hand over" }).click();
    await page.getByText("handed to grace, who has not taken it yet").first().waitFor();
    await page.getByRole("button", { name: /^Resolve/ }).click();
    await page.locator("dialog input").fill("the tape was changed");
    await page.locator("dialog select").selectOption("false_alarm");
    await page.getByRole("dialog").getByRole("button", { name: "Resolve" }).click();
    await page.locator("[data-judged]", { hasText: "false alarm" }).waitFor();
    const counted = (await program.get("/api/v1/incidents/statistics")).rules.find((each) => each.rule === found.job.rule);
    assert.ok(counted?.false_alarms >= 1, JSON.stringify(counted));
    const past = await browser.page("/alerts?view=past");
    await past.locator('[aria-label="Resolved incidents"] a', { hasText: found.job.title }).first().waitFor();
    await past.close();
    await page.getByRole("button", { name: /Reopen/ }).click();
    await page.locator("dialog input").fill("it was not");
    await page.getByRole("dialog").getByRole("button", { name: "Reopen" }).click();
    await page.getByRole("button", { name: /Acknowledge/ }).waitFor();
    await page.close();
  });

  await suite.check("alerts: every rule has looked, and a preview says what one would have done, or why it cannot", async () => {
    const page = await browser.page("/");
    await isLive(page);
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL("**/alerts");
    await page.getByRole("tab", { name: "Rules" }).click();
    await page.locator("[data-rule]").first().waitFor();
    await eventually("no rule is blind", async () => (await page.locator('[data-state="blind"], [data-state="waiting"]').count()) === 0, 60_000);
    assert.equal(await page.locator('[data-rule="session_looping"]').getAttribute("data-state"), "firing");
    await page.getByRole("button", { name: "Preview session_looping" }).click();
    await page.locator('[data-rule="session_looping"]').getByRole("button", { name: "24 h" }).click();
    await page.locator('[data-rule="session_looping"]').getByText(/It would have fired|It cannot be previewed/).waitFor();
    await page.close();
  });

  await suite.check("alerts: silenced with the labels of one, shown as such with who says so, and ended", async () => {
    const page = await browser.page(`/alerts?q=${kJob}`);
    await page.locator("[data-fingerprint]").first().getByRole("button", { name: /^Silence/ }).click();
    const form = page.getByRole("dialog", { name: "Silence alerts" });
    assert.ok((await form.locator("textarea").inputValue()).includes(`job="${kJob}"`));
    await form.locator("textarea").fill(`job="${kJob}"`);
    await form.getByLabel("Reason").fill("the tape is being changed");
    await form.getByRole("button", { name: "Silence" }).click();
    await form.waitFor({ state: "detached" });
    await page.locator("[data-fingerprint]").getByText(/silenced by/).first().waitFor({ timeout: 60_000 });
    await page.getByRole("tab", { name: "Silences" }).click();
    const row = page.locator("[data-silence]", { hasText: "the tape is being changed" });
    assert.match(await row.innerText(), /by \S+[\s\S]*until \d{4}-\d\d-\d\d[\s\S]*left[\s\S]*hushed/);
    await row.getByRole("button", { name: /^End/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
    await eventually("ended or gone", async () => (await row.count()) === 0 || (await row.getAttribute("data-state")) === "ended");
    await page.close();
  });

  await suite.check("incidents and alerts: fit 360 px, name every control, in light and dark", async () => {
    const paths = { now: "/", incident: incidentPath(found.loop.id), alerts: "/alerts", rules: "/alerts?view=rules", silences: "/alerts?view=silences", past: "/alerts?view=past" };
    for (const [name, path] of Object.entries(paths)) {
      for (const [width, size] of widths) {
        const page = await browser.page(path, size);
        await isLive(page);
        await page.waitForTimeout(700);
        await hasNoSidewaysScroll(page);
        assert.deepEqual(await namelessControls(page), [], path);
        assert.equal(await page.locator("h1").count(), 1, `${path} has one h1`);
        for (const scheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme: scheme });
          await page.waitForTimeout(200);
          await shoot(page, `incidents-${name}-${width}-${scheme}`);
        }
        await page.close();
      }
    }
  });
}
