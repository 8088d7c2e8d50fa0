// A small test runner for checks in a real browser: one line a check, "N passed, N failed" at the end.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export { assert };

const kArguments = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export class Suite {
  passed = 0;
  failed = 0;

  async check(name, run) {
    const started = Date.now();
    try {
      await run();
      this.passed += 1;
      console.log(`ok    ${name} (${Date.now() - started} ms)`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAIL  ${name}\n      ${String(error?.stack ?? error).split("\n").slice(0, 6).join("\n      ")}`);
    }
  }

  end() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 && this.passed > 0;
  }
}

// A browser with a profile of its own, thrown away at the end. `problems` gathers what no page may do.
export class Browser {
  problems = [];

  async start(base) {
    this.base = base;
    this.profile = mkdtempSync(join(tmpdir(), "nightshift-browser-"));
    const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
    if (!existsSync(executablePath)) throw new Error(`no browser at ${executablePath}; script/setup --test installs one, or name it in CHROMIUM`);
    this.context = await chromium.launchPersistentContext(this.profile, { executablePath, args: kArguments, viewport: { width: 1440, height: 900 }, colorScheme: "light", timezoneId: "UTC" });
    this.context.on("page", (page) => this.watch(page));
    for (const page of this.context.pages()) this.watch(page);
    return this;
  }

  // While the server is away on purpose, failing requests are what we want to see.
  isServerAway = false;

  watch(page) {
    page.on("pageerror", (error) => this.problems.push(`exception: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() !== "error" || this.isServerAway) return;
      const text = message.text();
      // The browser itself logs each refused request; the ones we provoke are named by their checks.
      if (/status of (400|401|404|409)/.test(text)) return;
      this.problems.push(`console: ${text} (${message.location().url})`);
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (!["data:", "blob:"].includes(url.protocol) && url.host !== new URL(this.base).host) this.problems.push(`request to another host: ${request.url()}`);
    });
  }

  async page(path = "/", size = { width: 1440, height: 900 }) {
    const page = await this.context.newPage();
    await page.setViewportSize(size);
    page.setDefaultTimeout(15_000);
    await page.goto(this.base + path);
    return page;
  }

  async stop() {
    await this.context?.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}

export async function eventually(what, test, timeoutMs = 20_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await test();
    if (value) return value;
    if (Date.now() > end) throw new Error(`did not happen within ${timeoutMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const indicator = (page) => page.locator("button.live").innerText();
export const isLive = (page) => eventually("the indicator says live", async () => (await indicator(page)) === "live");

export async function hasNoSidewaysScroll(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${page.url()} is ${content} px wide in a window of ${window}`);
}

// Whether a canvas shows anything: more than a handful of pixels differ from transparent.
export const isPainted = (canvas) =>
  canvas.evaluate((element) => {
    const { data } = element.getContext("2d").getImageData(0, 0, element.width, element.height);
    let painted = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted += 1;
    return painted > 200;
  });

// Controls that a screen reader could not name.
export const namelessControls = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("button, a[href], input, select, canvas, [role=table], [role=rowgroup]")]
      .filter((element) => element.checkVisibility() && !element.closest("[aria-hidden=true]"))
      .filter((element) => !(element.getAttribute("aria-label") || element.textContent?.trim() || element.labels?.length || element.getAttribute("title")))
      .map((element) => element.outerHTML.slice(0, 120)),
  );

export function screenshotsInto(folder) {
  mkdirSync(folder, { recursive: true });
  return (page, name) => page.screenshot({ path: join(folder, `${name}.png`) });
}
