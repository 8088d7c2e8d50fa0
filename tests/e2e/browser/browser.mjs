// browser.mjs <nightshift binary>: every page of the real program with a simulated fleet, and what happens when it goes away.
import { assert, Browser, eventually, indicator, isLive, screenshotsInto, Suite } from "../../../web/test/harness.mjs";
import { firstLoad, fleetPage, historyPage, keyboard, looks, sessionPage, signIn, systemPage } from "../../../web/test/pages.mjs";
import { incidents } from "./incidents.mjs";
import { jobs, jobsConfig } from "./jobs.mjs";
import { Program } from "./program.mjs";

const suite = new Suite();
const program = new Program(process.argv[2], jobsConfig);
const browser = new Browser();
const shoot = screenshotsInto(new URL("../screenshots", import.meta.url).pathname);

async function checks() {
  await program.start();
  program.startDemo();
  await browser.start(program.base);
  await signIn(suite, browser, program.token);

  await suite.check("the simulated fleet shows up: some work, one loops, and all say that they are simulated", async () => {
    const page = await browser.page("/fleet");
    await eventually("agents appear", async () => (await page.locator(".grid .line").count()) >= 3, 60_000);
    await eventually("one loops", async () => (await page.locator(".state.s-looping").count()) > 0, 90_000);
    const rows = await page.locator(".grid .line").count();
    assert.equal(await page.locator(".grid .line .label", { hasText: "simulated" }).count(), rows);
    await page.close();
  });

  await suite.check("now: the loop is on top of what needs attention, with its evidence", async () => {
    const page = await browser.page("/");
    const loop = page.locator("[data-incident]", { hasText: /in circles/ }).first();
    await loop.waitFor({ timeout: 60_000 });
    assert.match(await loop.locator(".proof .figures").innerText(), /\d+×[\s\S]*burnt[\s\S]*tokens, (\$|–)[\s\S]*for/);
    assert.ok((await loop.locator(".signature").innerText()).length > 3);
    await page.locator(".known li", { hasText: "this screen" }).getByText(/for .* by WebSocket, last frame/).waitFor();
    for (const source of await page.locator(".known li.s-passing").all()) assert.match(await source.innerText(), /(now|ago|for )/);
    await page.close();
  });

  await firstLoad(suite, browser);
  await keyboard(suite, browser);
  await fleetPage(suite, browser);
  const { items } = await program.get("/api/v1/sessions?limit=100");
  const busiest = items.sort((a, b) => b.tool_calls + b.detections.length * 1000 - (a.tool_calls + a.detections.length * 1000))[0];
  const path = `/session/${encodeURIComponent(busiest.id).replaceAll(".", "%2E")}`;
  await sessionPage(suite, browser, path);

  await suite.check("session: new events arrive without asking", async () => {
    const working = (await program.get("/api/v1/sessions?state=working,looping&limit=100")).items.sort((a, b) => b.last_event_ms - a.last_event_ms)[0] ?? busiest;
    const page = await browser.page(`/session/${encodeURIComponent(working.id).replaceAll(".", "%2E")}`);
    await page.locator(".events .line").first().waitFor();
    const count = async () => Number(/^([\d,]+) events?/.exec(await page.locator(".events header .muted").innerText())?.[1].replace(",", ""));
    const before = await count();
    await eventually("more events than at first", async () => (await count()) > before, 60_000);
    await page.close();
  });

  await suite.check("history: counts what was recorded", async () => {
    const to = Date.now() + 60_000;
    await eventually("a whole minute is over", async () => (await program.get("/api/v1/system")).uptime_ms > 65_000, 90_000);
    const page = await browser.page(`/history?from=${to - 3600_000}&to=${to}`);
    const cell = page.locator(".table tbody tr").first().locator("td").nth(1);
    await cell.waitFor();
    assert.ok(Number((await cell.innerText()).replace(/[,k]/g, "")) > 0);
    await page.close();
  });
  await historyPage(suite, browser);
  await systemPage(suite, browser);
  await jobs(suite, browser, program, shoot);
  await incidents(suite, browser, program, shoot);
  await looks(suite, browser, shoot, path);
  await restarts();
  await suite.check("logs no errors and asks no other host", async () => assert.deepEqual(browser.problems, []));
}

async function restarts() {
  for (const [signal, what] of [["SIGTERM", "a restart"], ["SIGKILL", "a crash"]]) {
    await suite.check(`tells the truth through ${what}: not live, as of when, then live again with the fleet it had`, async () => {
      const page = await browser.page("/fleet");
      await isLive(page);
      const rows = page.locator(".grid .line");
      const before = await eventually("every agent has its row", async () => {
        const known = (await program.get("/api/v1/agents?limit=100")).items.length;
        return known > 0 && (await rows.count()) === known && known;
      });
      browser.isServerAway = true;
      await program.stopServer(signal);
      await eventually("not live any more", async () => /^(reconnecting|offline)/.test(await indicator(page)));
      await page.getByText("Not live. This is the state as of").waitFor();
      await shoot(page, `away-${signal.toLowerCase()}`);
      assert.equal(await rows.count(), before, "what was known stays on the screen");
      await program.start();
      await isLive(page);
      await page.getByText("Not live.").waitFor({ state: "detached" });
      await eventually("the fleet is there again", async () => (await rows.count()) >= before, 30_000);
      assert.equal(await page.locator("input[name=token]").count(), 0, "still signed in");
      browser.isServerAway = false;
      await page.close();
    });
  }
}

try {
  await checks();
} catch (error) {
  suite.failed += 1;
  console.log(`FAIL  the suite could not go on: ${error?.stack ?? error}\n${program.output}`);
} finally {
  await browser.stop();
  await program.stop();
}
process.exit(suite.end() ? 0 : 1);
