// The UI in a real browser against the test double: what a real server does too rarely to wait for.   npm run smoke
import { spawn } from "node:child_process";
import { assert, Browser, eventually, indicator, isLive, screenshotsInto, Suite } from "./harness.mjs";
import { incidents } from "./incidents.mjs";
import { probes } from "./probes.mjs";
import { firstLoad, fleetPage, historyPage, keyboard, looks, sessionPage, signIn, systemPage } from "./pages.mjs";

const double = spawn(process.execPath, [new URL("double/server.mjs", import.meta.url).pathname, "--port", "0", "--sessions", "5000"], { stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => double.kill());
const base = await new Promise((resolve) => double.stdout.on("data", (data) => resolve(/http:\/\/[^/]+/.exec(String(data))[0])));
const suite = new Suite();
const browser = await new Browser().start(base);
browser.isUncompressed = true;
const steer = (what) => fetch(`${base}/__double/${what}`, { method: "POST" });
const shoot = screenshotsInto(new URL("../../tests/e2e/screenshots/double", import.meta.url).pathname);

await signIn(suite, browser, "double");
await firstLoad(suite, browser);
await keyboard(suite, browser);
await fleetPage(suite, browser);

await suite.check("fleet: five thousand sessions are rows on demand", async () => {
  const page = await browser.page("/fleet?view=sessions&sort=name");
  await page.locator(".grid .line").first().waitFor();
  assert.ok((await page.locator(".grid .line").count()) < 80);
  await page.keyboard.press("End");
  await eventually("the last row", async () => (await page.locator('.line[data-selected="true"]').count()) === 1);
  assert.ok(Number(await page.locator('.line[data-selected="true"]').getAttribute("aria-rowindex")) > 5000);
  await page.close();
});

const list = await browser.page("/fleet?view=sessions&q=billing");
const path = await list.locator(".grid .line a").first().getAttribute("href");
await list.close();
await sessionPage(suite, browser, path);
await historyPage(suite, browser);
await systemPage(suite, browser);
await probes(suite, browser);
await looks(suite, browser, shoot, path);
await incidents(suite, browser, shoot);

await suite.check("jobs: without any, says how to add one, and does not claim an audit", async () => {
  const page = await browser.page("/jobs");
  await page.getByRole("heading", { name: "No job is planned here yet" }).waitFor();
  await page.getByText("ledger not audited yet").waitFor();
  await page.close();
});

await suite.check("says why a session cannot be aborted", async () => {
  const page = await browser.page("/");
  await page.locator(".alarm").first().getByRole("button", { name: "Abort" }).click();
  await page.locator("dialog input").fill("it loops");
  await page.getByRole("button", { name: "Abort session" }).click();
  await page.getByText("cannot abort a session; openclaw sources can").waitFor();
  await page.close();
});

await suite.check("dismisses, on every screen at once", async () => {
  const [page, other] = [await browser.page("/"), await browser.page("/")];
  const before = await other.locator(".alarm").count().then(() => eventually("alarms", () => other.locator(".alarm").count()));
  await page.locator(".alarm").last().getByRole("button", { name: "Dismiss" }).click();
  await page.locator("dialog input").fill("known");
  await page.locator("dialog").getByRole("button", { name: "Dismiss" }).click();
  await eventually("gone from the other screen", async () => (await other.locator(".alarm").count()) === before - 1);
  await page.close();
  await other.close();
});

await suite.check("says stale when an open connection goes silent, and live again after", async () => {
  const page = await browser.page("/");
  await isLive(page);
  await steer("silent");
  await eventually("no longer live", async () => !/^live$/.test(await indicator(page)));
  await page.getByText("Not live. This is the state as of").waitFor();
  await steer("speak");
  await isLive(page);
  await page.close();
});

await suite.check("mends a gap with a fresh snapshot", async () => {
  const page = await browser.page("/");
  await isLive(page);
  await steer("gap");
  await page.waitForTimeout(700);
  await isLive(page);
  await page.locator("button.live").click();
  await page.getByText(/1 gaps? mended/).waitFor();
  await page.close();
});

await suite.check("comes back when the server's bye says, and counts down", async () => {
  const page = await browser.page("/");
  await isLive(page);
  await steer("bye");
  await eventually("counts down", async () => /reconnecting in \d s/.test(await indicator(page)));
  await isLive(page);
  await page.close();
});

await suite.check("falls back to Server-Sent Events when WebSockets are refused", async () => {
  browser.isServerAway = true;
  await steer("refuse");
  const page = await browser.page("/");
  await isLive(page);
  await page.getByText(/by Server-Sent Events/).first().waitFor();
  await steer("accept");
  await page.close();
  browser.isServerAway = false;
});

await suite.check("a quiet Now says since when and by whom it is known", async () => {
  await steer("calm");
  const page = await browser.page("/");
  await page.getByText("Whether anything is wrong is not fully known").waitFor();
  await page.getByText(/5 rules looked \d+ s ago/).waitFor();
  await page.getByText(/openclaw\/lab is failing: answers its health checks/).first().waitFor();
  await page.getByText(/this screen has watched, by the word of 12 agents through \d sources/).waitFor();
  await shoot(page, "now-calm");
  await page.close();
});

await suite.check("logs no errors and asks no other host", async () => assert.deepEqual(browser.problems, []));
await browser.stop();
process.exit(suite.end() ? 0 : 1);
