// Checks that hold for every fleet, made up or real: used against the test double and against the real program.
import { assert, eventually, hasNoSidewaysScroll, isLive, isPainted, namelessControls } from "./harness.mjs";

const phone = { width: 360, height: 760 };
const kPaths = ["/", "/alerts", "/alerts?view=rules", "/fleet", "/fleet?view=sessions", "/jobs", "/models", "/history", "/system"];

export async function signIn(suite, browser, token) {
  await suite.check("asks for a token and refuses a wrong one", async () => {
    const page = await browser.page("/");
    await page.locator("input[name=token]").fill("not a token");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Nightshift does not know this token.").waitFor();
    await page.close();
  });
  await suite.check("signs in with the token in the fragment and takes it out of the address", async () => {
    const page = await browser.page(`/fleet?view=sessions#token=${token}`);
    await page.getByRole("tab", { name: /Sessions/ }).waitFor();
    assert.equal(new URL(page.url()).hash, "");
    assert.equal(new URL(page.url()).search, "?view=sessions");
    const cookies = await browser.context.cookies();
    assert.ok(cookies.length > 0 && cookies.every((cookie) => cookie.httpOnly && cookie.sameSite === "Strict"), "the cookie is HttpOnly and SameSite=Strict");
    await page.close();
  });
}

export async function firstLoad(suite, browser) {
  await suite.check("loads no more than 60 KiB of script at first, compressed, and shifts no layout", async () => {
    const page = await browser.context.newPage();
    await page.addInitScript(() => {
      window.shift = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shift += entry.value; })).observe({ type: "layout-shift", buffered: true });
    });
    const scripts = [];
    page.on("response", (response) => response.url().endsWith(".js") && scripts.push(response));
    await page.goto(`${browser.base}/`);
    await isLive(page);
    const sizes = await Promise.all(scripts.map(async (response) => (await response.request().sizes()).responseBodySize));
    const total = sizes.reduce((a, b) => a + b, 0);
    assert.ok(scripts.length > 0 && (browser.isUncompressed || total <= 60 * 1024), `${total} bytes in ${scripts.length} scripts`);
    await page.waitForTimeout(1500);
    const shift = await page.evaluate(() => window.shift);
    assert.ok(shift < 0.1, `layout shift ${shift}`);
    await page.close();
  });
}

export async function keyboard(suite, browser) {
  await suite.check("is worked by keyboard: pages, filter, help, palette", async () => {
    const page = await browser.page("/");
    await isLive(page);
    for (const [key, path] of [["f", "/fleet"], ["a", "/alerts"], ["h", "/history"], ["j", "/jobs"], ["s", "/system"], ["n", "/"]]) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.waitForURL((url) => url.pathname === path);
    }
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("histo");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/history");
    await page.keyboard.press("g");
    await page.keyboard.press("f");
    await page.getByRole("tab", { name: /Agents/ }).waitFor();
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement?.hasAttribute("data-filter")), true);
    await page.keyboard.type("zzz no such");
    await page.getByText("Nothing matches.").waitFor();
    await page.keyboard.press("Escape");
    await page.close();
  });
  await suite.check("moves through rows with j and k, opens with Enter, closes with Escape", async () => {
    const page = await browser.page("/fleet");
    await page.locator(".grid .line").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    assert.equal(await page.locator('.line[data-selected="true"]').count(), 1);
    await page.keyboard.press("Enter");
    await page.locator("dialog.drawer[open]").waitFor();
    assert.ok(new URL(page.url()).searchParams.get("open"));
    await page.keyboard.press("Escape");
    await page.locator("dialog.drawer").waitFor({ state: "detached" });
    await page.keyboard.press("ArrowRight");
    await page.close();
  });
}

export async function fleetPage(suite, browser) {
  await suite.check("fleet: every row says its state in words, with age and source", async () => {
    const page = await browser.page("/fleet");
    await page.locator(".grid .line").first().waitFor();
    for (const row of await page.locator(".grid .line").all()) {
      assert.match(await row.locator(".c-state").innerText(), /^(unknown|idle|working|waiting approval|rate limited|stalled|looping|failed|offline)\s+for \d/);
      assert.match(await row.locator(".c-name").innerText(), /(now|ago) · \S+/);
      assert.match((await row.locator(".c-state").getAttribute("title")) ?? "", /since .*\nas of .*\nby \S+/s);
    }
    await page.close();
  });
  await suite.check("fleet: the address is the view: chips and text filter, and a link restores both", async () => {
    const page = await browser.page("/fleet");
    const chip = page.locator(".chips button").first();
    await chip.waitFor();
    const wanted = Number(await chip.locator("b").innerText());
    await chip.click();
    await eventually("as many rows as the chip counts", async () => (await page.locator(".grid .line").count()) === wanted);
    const link = page.url();
    assert.match(link, /state=/);
    const other = await browser.page(new URL(link).pathname + new URL(link).search);
    await other.locator('.chips button[aria-pressed="true"]').waitFor();
    await eventually("the same rows", async () => (await other.locator(".grid .line").count()) === wanted);
    await other.close();
    await page.close();
  });
}

export async function sessionPage(suite, browser, path) {
  await suite.check("session: timeline, totals and events, and the detail of an event", async () => {
    const page = await browser.page(path);
    await page.locator(".events .line").first().waitFor();
    await eventually("the timeline is painted", () => isPainted(page.locator(".waterfall canvas")));
    assert.equal(await page.locator('[aria-label="Running totals"] .tile').count(), 9);
    await page.locator(".events .line").first().click();
    const drawer = page.locator("dialog.drawer[open]");
    await drawer.getByText("Attributes").waitFor();
    await drawer.getByText(/None is kept|Content/).first().waitFor();
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
    await page.locator(".waterfall canvas").focus();
    await page.keyboard.press("ArrowRight");
    await drawer.waitFor();
    await page.close();
  });
}

export async function historyPage(suite, browser) {
  await suite.check("history: charts are painted, by everything and by group", async () => {
    const page = await browser.page("/history?range=15m");
    await page.locator(".chart canvas").first().waitFor();
    assert.equal(await page.locator(".chart").count(), 6);
    await eventually("the first chart is painted", () => isPainted(page.locator(".chart canvas").first()));
    await page.getByLabel("Group by").selectOption("agent");
    await page.waitForURL(/group=agent/);
    await page.getByText("Latency, p95").waitFor();
    await page.locator(".table tbody tr").first().waitFor();
    await page.close();
  });
  await suite.check("history: says what is wrong with a filter, and keeps what was shown", async () => {
    const page = await browser.page("/history");
    await page.locator(".chart").first().waitFor();
    await page.getByRole("textbox", { name: "Filter" }).fill("modell = 5 and");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("This filter was not understood.").waitFor();
    assert.ok((await page.locator(".chart").count()) > 0);
    await page.close();
  });
  await suite.check("history: exports what it shows", async () => {
    const page = await browser.page("/history?range=15m");
    for (const [name, pattern] of [["NDJSON", /^\{.*"time_us"/], ["CSV", /time_us/]]) {
      const href = await page.getByRole("link", { name }).getAttribute("href");
      const response = await browser.context.request.get(browser.base + href);
      assert.equal(response.status(), 200);
      assert.match(await response.text(), pattern);
    }
    await page.close();
  });
}

export async function systemPage(suite, browser) {
  await suite.check("system: shows its own numbers and says when they are from", async () => {
    const page = await browser.page("/system");
    await page.locator(".calm p", { hasText: /by its own answer (now|\d+ s ago)/ }).waitFor();
    for (const title of ["Recorder", "Ingest", "Live", "Fleet", "HTTP", "Process", "Disk", "Sources", "Probes", "Tokens"]) await page.getByRole("heading", { name: title, exact: true }).waitFor();
    await eventually("rates appear with the second answer", async () => (await page.locator(".numbers dd small").count()) > 0);
    await page.close();
  });
  await suite.check("system: makes a token, shows it once, revokes it", async () => {
    const page = await browser.page("/system");
    await page.getByRole("button", { name: "New token" }).click();
    await page.locator("dialog input[name=name]").fill("browser test");
    await page.getByRole("button", { name: "Make token" }).click();
    assert.ok((await page.locator("[data-token]").innerText()).length > 8);
    await page.getByRole("button", { name: "Done" }).click();
    const row = page.locator("tr", { hasText: "browser test" });
    await row.getByRole("button", { name: "Revoke" }).click();
    await page.locator("dialog").getByRole("button", { name: "Revoke" }).click();
    await row.waitFor({ state: "detached" });
    await page.close();
  });
}

export async function looks(suite, browser, shoot, sessionPath) {
  const paths = [...kPaths, sessionPath];
  const nameOf = (path) => (path.startsWith("/session") ? "session" : path === "/" ? "now" : path.replace(/[^a-z]+/g, "-").replace(/^-|-$/g, ""));
  await suite.check("fits 360 px on every page without sideways scroll", async () => {
    for (const path of paths) {
      const page = await browser.page(path, phone);
      await isLive(page);
      await page.waitForTimeout(700);
      await shoot(page, `${nameOf(path)}-360-light`);
      await hasNoSidewaysScroll(page);
      await page.close();
    }
  });
  await suite.check("follows the system's dark mode, and the toggle overrides it", async () => {
    const luminance = (page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).slice(0, 3).reduce((sum, n) => sum + Number(n), 0) / 3);
    for (const path of paths) {
      const page = await browser.page(path);
      await page.emulateMedia({ colorScheme: "dark" });
      await isLive(page);
      await page.waitForTimeout(900);
      assert.ok((await luminance(page)) < 60, `${path} is dark`);
      await shoot(page, `${nameOf(path)}-1440-dark`);
      await page.emulateMedia({ colorScheme: "light" });
      await page.waitForTimeout(300);
      assert.ok((await luminance(page)) > 200, `${path} is light`);
      await shoot(page, `${nameOf(path)}-1440-light`);
      await page.close();
    }
    const page = await browser.page("/");
    await page.getByRole("button", { name: "Switch between light and dark" }).click();
    await eventually("dark by choice", async () => (await luminance(page)) < 60);
    await page.reload();
    await eventually("and it is remembered", async () => (await luminance(page)) < 60);
    await page.getByRole("button", { name: "Switch between light and dark" }).click();
    await page.close();
  });
  await suite.check("names every control for screen readers, one first heading a page", async () => {
    for (const path of paths) {
      const page = await browser.page(path);
      await isLive(page);
      await page.waitForTimeout(500);
      assert.deepEqual(await namelessControls(page), [], path);
      assert.equal(await page.locator("h1").count(), 1, `${path} has one h1`);
      await page.close();
    }
  });
  await suite.check("shows times in UTC or local time, and says which", async () => {
    const page = await browser.page("/system");
    await page.locator(".calm p").waitFor();
    const button = page.getByRole("button", { name: /Times are/ });
    if (!/UTC/.test(await button.innerText())) await button.click();
    await page.locator(".calm p", { hasText: /since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/ }).waitFor();
    await button.click();
    await page.locator(".calm p", { hasText: /since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+−]\d\d:\d\d/ }).waitFor();
    await page.close();
  });
}
