// Checks of incidents and alerts against the test double: what a real server does too rarely, or not at all, to wait for.
import { assert, eventually, hasNoSidewaysScroll, isLive, namelessControls } from "./harness.mjs";

const card = (page, id) => page.locator(`[data-incident="inc_${id}"]`);
const kPaths = ["/", "/incidents/inc_backup_contradicted", "/incidents/inc_hostile", "/alerts", "/alerts?view=rules", "/alerts?view=silences", "/alerts?view=past"];

export async function incidents(suite, browser, shoot) {
  await suite.check("now: the queue is sorted by impact, each card says what is known, and has one thing to do", async () => {
    const page = await browser.page("/");
    await card(page, "backup_contradicted").waitFor();
    assert.deepEqual(await page.locator("[data-incident]").evaluateAll((all) => all.map((each) => each.dataset.incident)), ["inc_backup_contradicted", "inc_looping", "inc_undiagnosed", "inc_hostile"]);
    const text = await card(page, "backup_contradicted").innerText();
    for (const said of [/paying customers, and no other way is left/, /blocked[\s\S]*was not written/, /bad[\s\S]*run records/, /yesterday's backup is whole/, /telegram: delivered, message 4711/, /email: failed: 550/, /webhook: taken, and no message named/, /nobody has it yet/, /for \d+ m/]) assert.match(text, said);
    assert.equal(await card(page, "backup_contradicted").locator(".s-passing", { hasText: "webhook" }).count(), 0, "what names no message is not green");
    for (const each of await page.locator("[data-incident] .do").all()) assert.equal(await each.locator("button, a").count(), 1);
    assert.equal(await card(page, "undiagnosed").locator(".state.chip.s-passing").count(), 0);
    assert.match(await card(page, "undiagnosed").innerText(), /handed to grace, who has not taken it yet[\s\S]*not diagnosed/);
    assert.match(await page.locator("[data-look]").innerText(), /4 of 5 rules looked .*slow_models cannot be looked at/);
    assert.equal(await page.locator("summary", { hasText: "1 silenced incident" }).count(), 1);
    assert.equal(await page.locator("summary", { hasText: "1 incident for information" }).count(), 1);
    await page.close();
  });
  await suite.check("now: what belongs to an incident is on its card, the rest of what needs attention below", async () => {
    const page = await browser.page("/");
    await card(page, "looping").locator(".proof .signature").waitFor();
    assert.equal(await page.locator(".alarm", { hasText: "repeats one failing command" }).count(), 0);
    assert.ok((await page.locator(".alarm").count()) > 0);
    await page.close();
  });
  await suite.check("now: is acknowledged by keyboard, on every screen at once, and then offers the runbook", async () => {
    const [page, other] = [await browser.page("/"), await browser.page("/")];
    await isLive(page);
    await card(page, "backup_contradicted").waitFor();
    await card(other, "backup_contradicted").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("a");
    await card(other, "backup_contradicted").getByText("admin has it").waitFor();
    await card(page, "backup_contradicted").getByRole("button", { name: "Run rerun_job" }).click();
    await page.getByRole("dialog").getByText("wait for its verdict").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("rerun_job: succeeded, all 3 steps done").waitFor();
    await page.close();
    await other.close();
  });
  await suite.check("incident: checks, causes, receipts and the timeline; a note, a hand-over, a resolution with its judgement, and back", async () => {
    const page = await browser.page("/incidents/inc_backup_contradicted");
    await page.locator(".checks").waitFor();
    assert.equal(await page.locator(".checks tbody tr").count(), 5);
    assert.match(await page.locator(".checks tr", { hasText: "run records" }).getByRole("link").getAttribute("href"), /^\/run\/nightly-backup/);
    assert.match(await page.locator(".causes li").first().innerText(), /85 %[\s\S]*full/);
    assert.equal(await page.locator('.told [data-state="failed"]').count(), 1);
    await page.locator("h1").click();
    await page.keyboard.press("n");
    await page.locator("dialog textarea").fill("the retention was mine");
    await page.getByRole("dialog").getByRole("button", { name: "Add note" }).click();
    await page.locator(".timeline li", { hasText: "the retention was mine" }).waitFor();
    await page.getByRole("button", { name: /Hand over/ }).click();
    await page.locator("dialog input").fill("grace");
    await page.getByRole("dialog").getByRole("button", { name: "Hand over" }).click();
    await page.locator("[data-state=open]").first().getByText("handed to grace").waitFor();
    await page.getByRole("button", { name: /^Resolve/ }).click();
    await page.locator("dialog input").fill("room was made");
    await page.locator("dialog select").selectOption("degraded");
    await page.getByRole("dialog").getByRole("button", { name: "Resolve" }).click();
    await page.locator("[data-judged]", { hasText: "worse or by another path; diagnosed as blocked" }).waitFor();
    await page.getByRole("button", { name: /Reopen/ }).click();
    await page.locator("dialog input").fill("it fills again");
    await page.getByRole("dialog").getByRole("button", { name: "Reopen" }).click();
    await page.getByRole("button", { name: /Acknowledge/ }).waitFor();
    await page.locator("summary", { hasText: "Post-mortem" }).click();
    await page.locator("pre.output", { hasText: "the retention was mine" }).waitFor();
    await page.close();
  });
  await suite.check("incident: what others wrote is text, and no link leads where they want", async () => {
    for (const path of ["/", "/incidents/inc_hostile", "/alerts", "/alerts?view=silences"]) {
      const page = await browser.page(path);
      await page.getByText('<img src=x onerror="alert(1)">').first().waitFor();
      assert.equal(await page.locator('img, a[href^="javascript:"]').count(), 0);
      await page.close();
    }
  });
  await suite.check("incident: one that is not there says so", async () => {
    const page = await browser.page("/incidents/inc_never");
    await page.getByRole("alert").getByText("there is no such incident").waitFor();
    await page.close();
  });
  await suite.check("alerts: rules say whether they looked; a preview shows episodes, or why there is none", async () => {
    const page = await browser.page("/");
    await isLive(page);
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL("**/alerts");
    await page.getByRole("tab", { name: "Rules" }).click();
    assert.equal(await page.locator('[data-rule="slow_models"]').getAttribute("data-state"), "blind");
    await page.getByRole("button", { name: "Preview session_looping" }).click();
    for (const [range, fired] of [["24 h", 2], ["7 d", 14], ["30 d", 60]]) {
      await page.getByRole("button", { name: range }).click();
      await page.locator("[data-fired]", { hasText: `${fired}×` }).waitFor();
      assert.equal(await page.locator(".episode-bar i:not(.gap)").count(), fired);
      assert.equal(await page.locator(".episode-bar i.gap").count(), 1);
      await page.locator("[data-gaps]").getByText("Nightshift was stopped").waitFor();
    }
    await page.getByRole("button", { name: "Preview budget_near" }).click();
    await page.locator("[data-rule=budget_near]").getByRole("button", { name: "7 d" }).click();
    await page.getByText("It cannot be previewed: how every budget was").waitFor();
    await page.close();
  });
  await suite.check("alerts: an alert is silenced with its labels, the silence is listed and ended", async () => {
    const page = await browser.page("/alerts");
    await page.getByText("silenced by sil_1").waitFor();
    await page.getByRole("button", { name: "Silence latency of db-1 is 2.3 s" }).click();
    const form = page.getByRole("dialog", { name: "Silence alerts" });
    assert.equal(await form.locator("textarea").inputValue(), 'alertname="HighLatency", instance="db-1:9090", severity="warning", team="storage"');
    await form.locator("textarea").fill("everything");
    await form.getByLabel("Reason").fill("known, being moved");
    await form.getByRole("button", { name: "Silence" }).click();
    await form.getByRole("alert").getByText("not understood").waitFor();
    await form.locator("textarea").fill('instance="db-1:9090"');
    await form.getByRole("button", { name: "Silence" }).click();
    await form.waitFor({ state: "detached" });
    await page.getByRole("tab", { name: "Silences" }).click();
    const row = page.locator("[data-silence]", { hasText: "known, being moved" });
    assert.match(await row.innerText(), /by admin[\s\S]*left[\s\S]*hushed nothing yet/);
    await row.getByRole("button", { name: /^End/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
    await eventually("ended", async () => (await row.getAttribute("data-state")) === "ended");
    await page.close();
  });
  await suite.check("alerts: the past says how often a rule was wrong", async () => {
    const page = await browser.page("/alerts?view=past");
    assert.match(await page.locator('tr[data-rule="slow_models"]').innerText(), /often wrong\s+5\s+3\s+60 %/);
    await page.getByRole("link", { name: "openclaw/lab could not be reached" }).click();
    await page.waitForURL("**/incidents/inc_resolved");
    await page.close();
  });
  await suite.check("incidents and alerts: fit 360 px, name every control, have one first heading", async () => {
    for (const path of kPaths) {
      const page = await browser.page(path, { width: 360, height: 760 });
      await isLive(page);
      await page.waitForTimeout(700);
      await hasNoSidewaysScroll(page);
      assert.deepEqual(await namelessControls(page), [], path);
      assert.equal(await page.locator("h1").count(), 1, `${path} has one h1`);
      await shoot(page, `${path.replace(/[^a-z]+/g, "-").replace(/^-|-$/g, "") || "now"}-incidents-360`);
      await page.close();
    }
  });
}
