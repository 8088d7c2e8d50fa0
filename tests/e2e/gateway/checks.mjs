// Counting checks.
let passed = 0;
const failures = [];

export function check(name, actual, expected) {
  const same = JSON.stringify(actual) === JSON.stringify(expected);
  if (same) passed++;
  else failures.push(`FAIL ${name}: got ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
}

export function checkThat(name, claim, detail = "") {
  if (claim) passed++;
  else failures.push(`FAIL ${name} ${typeof detail === "string" ? detail : JSON.stringify(detail)}`);
}

export function report() {
  for (const failure of failures.slice(0, 200)) console.log(failure);
  console.log(`${passed} passed, ${failures.length} failed`);
  return failures.length === 0;
}
