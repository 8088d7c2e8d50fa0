// Checks that print a line each and are counted.
import { isDeepStrictEqual } from "node:util";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let passed = 0;
let failed = 0;

function report(name, is_good, detail) {
  if (is_good) passed++;
  else failed++;
  console.log(`${is_good ? "ok  " : "FAIL"} ${name}${is_good ? "" : `: ${detail}`}`);
}

export function check(name, actual, expected) {
  report(name, isDeepStrictEqual(actual, expected), `got ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
}

// Asks until the answer is the expected one; how long it takes is not judged, only that it comes.
export async function eventually(name, ask, expected, timeout_ms = 90_000) {
  const is_expected = typeof expected === "function" ? expected : (value) => isDeepStrictEqual(value, expected);
  let last;
  for (const end = Date.now() + timeout_ms; ; await pause(250)) {
    try {
      last = await ask();
      if (is_expected(last)) return report(name, true);
    } catch (error) {
      last = error.message;
    }
    if (Date.now() > end) return report(name, false, `still ${JSON.stringify(last)?.slice(0, 500)}${typeof expected === "function" ? "" : `, expected ${JSON.stringify(expected)}`}`);
  }
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

export { pause };
