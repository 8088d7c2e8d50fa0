// Counting checks, and what Nightshift counted.
let passed = 0;
let failed = 0;

export function check(name, actual, expected) {
  if (actual === expected) {
    passed++;
    return;
  }
  failed++;
  console.log(`FAIL ${name}: got ${actual}, expected ${expected}`);
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

const HOUR_MS = 3_600_000;

// One row of sums over the events of a session, or none.
export async function ask(base, token, session, where) {
  const body = {
    from_ms: Date.now() - HOUR_MS,
    to_ms: Date.now() + HOUR_MS,
    where: `session = "${session}" and ${where}`,
    group_by: ["session"],
    aggregates: ["count", "sum(input_tokens)", "sum(output_tokens)", "sum(cost)"],
  };
  const response = await fetch(`${base}/api/v1/query`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.status !== 200) throw new Error(`query: ${response.status} ${await response.text()}`);
  const { rows } = await response.json();
  return rows.map(([, count, input, output, cost]) => ({ count, input, output, cost }));
}
