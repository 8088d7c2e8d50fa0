import { assert } from "./harness.mjs";

// The probes of the double: one in each state, and one that proves little.

export async function probes(suite, browser) {
  await suite.check("system: says how each probe is, what is bad first, and looks again", async () => {
    const page = await browser.page("/system");
    const rows = page.locator("[data-probe]");
    await rows.first().waitFor();
    assert.deepEqual(await rows.evaluateAll((all) => all.map((row) => `${row.dataset.probe} ${row.dataset.state}`)), ["lying-api failing", "fresh unknown", "archive stale", "groq passing", "website passing"]);
    assert.match(await rows.first().innerText(), /failing\s+for .*\$\.database is "down", not "up"/s);
    assert.match(await rows.last().innerText(), /proves only that something answers/);
    await page.getByText("1 failing, 1 unknown, 1 stale, 2 passing").waitFor();
    await page.getByRole("button", { name: "Look at groq now" }).click();
    await page.getByText("groq: answers 200").waitFor();
    await page.close();
  });
}
