import assert from "node:assert/strict";
import { test } from "node:test";
import { age, ago, bytes, clockTime, count, dateTime, duration, money, percent, plural, rate, span } from "./format.ts";

function table<A>(name: string, f: (a: A) => string, rows: [A, string][]): void {
  test(name, () => {
    for (const [input, expected] of rows) assert.equal(f(input), expected, `${name}(${String(input)})`);
  });
}

table<number | null | undefined>("count", count, [
  [0, "0"], [999, "999"], [9999, "9,999"], [10_000, "10.0k"], [12_345, "12.3k"], [999_960, "1.00M"], [1_234_567, "1.23M"], [5e9, "5.00B"],
  [-20_000, "-20.0k"], [null, "–"], [undefined, "–"], [NaN, "–"],
]);
table("rate", rate, [[0, "0"], [0.25, "0.3"], [9.94, "9.9"], [1234.5, "1,235"]]);
table("money", money, [[0, "$0"], [0.00001, "<$0.0001"], [0.0042, "$0.0042"], [0.21, "$0.21"], [12.345, "$12.35"], [12345, "$12.3k"]]);
table("bytes", bytes, [[0, "0 B"], [1023, "1023 B"], [1024, "1.00 KiB"], [5 * 1024 ** 3, "5.00 GiB"]]);
table("duration", duration, [[0, "0 µs"], [950, "950 µs"], [1500, "1.50 ms"], [2_500_000, "2.50 s"], [200_000_000, "3 m 20 s"], [-1, "–"]]);
table("span", span, [[0, "0 s"], [59_999, "59 s"], [200_000, "3 m 20 s"], [3_600_000, "1 h"], [5_400_000, "1 h 30 m"], [187_200_000, "2 d 4 h"], [-5, "0 s"]]);
table("age", age, [[300, "now"], [4200, "4 s"], [61_000, "1 m"], [7_200_000, "2 h"], [200_000_000, "2 d"], [-10, "now"]]);
table("ago", ago, [[0, "now"], [4200, "4 s ago"]]);

test("times in UTC do not depend on this machine's zone", () => {
  assert.equal(clockTime(1795314140123, true), "02:22:20");
  assert.equal(clockTime(1795314140123, true, true), "02:22:20.123");
  assert.equal(dateTime(0, true), "1970-01-01 00:00:00 UTC");
});

test("local times name their offset", () => {
  assert.match(dateTime(0, false), /[+−]\d\d:\d\d$/);
});

test("percent and plural", () => {
  assert.equal(percent(1, 3), "33 %");
  assert.equal(percent(1, 5000), "<0.1 %");
  assert.equal(percent(0, 10), "0 %");
  assert.equal(percent(1, 0), "–");
  assert.equal(plural(1, "agent"), "1 agent");
  assert.equal(plural(2, "agent"), "2 agents");
});
