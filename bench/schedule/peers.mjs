// The cron libraries of npm beside Nightshift's schedules.
//
//   node peers.mjs rates workload.tsv                              what schedule_bench measures, for croner and cron-parser
//   node peers.mjs cases ../../tests/data/jobs/cron_cases.tsv      who answers as the table says, and where its column is wrong
import { readFileSync } from "node:fs";
import { CronTime } from "cron";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";

// Each: an expression and a zone give a function from a Date to the next Date.
const libraries = {
  croner: (expression, zone) => {
    const cron = new Cron(expression, { timezone: zone });
    return (after) => cron.nextRun(after);
  },
  "cron-parser": (expression, zone) => {
    const cron = CronExpressionParser.parse(expression, { tz: zone });
    return (after) => {
      cron.reset(after);
      return cron.next().toDate();
    };
  },
  cron: (expression, zone) => {
    const time = new CronTime(expression, zone);
    return (after) => time.getNextDateFrom(after, zone).toJSDate();
  },
};

const START = Date.UTC(2026, 0, 1);
const TEN_YEARS = 10 * 366 * 86_400_000;
const DURATION = 0.3; // seconds

function rows(path) {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split("\t"));
}

// Seconds of CPU, the collector's threads with them: other work on the machine hardly moves them.
function cpuTime() {
  const usage = process.cpuUsage();
  return (usage.user + usage.system) / 1e6;
}

function rateOf(ask) {
  for (let i = 0; i < 64; i++) ask(i); // the compiler wakes up
  const start = cpuTime();
  let calls = 0;
  while (cpuTime() - start < DURATION) {
    for (let i = 0; i < 16; i++) ask(calls + i);
    calls += 16;
  }
  return calls / (cpuTime() - start);
}

function measure(library, name, expression, zone) {
  let next;
  try {
    next = libraries[library](expression, zone);
  } catch {
    return; // it does not read this one
  }
  const times = Array.from({ length: 4096 }, () => new Date(START + Math.floor((Math.random() * TEN_YEARS) / 1000) * 1000));
  let time = new Date(START);
  const chain = rateOf(() => {
    time = next(time) ?? new Date(START);
    if (time.getUTCFullYear() > 2090) time = new Date(START);
  });
  const random = rateOf((i) => next(times[i % times.length]));
  console.log(`${name}\tchain\t${chain.toFixed(0)}\t${library}`);
  console.log(`${name}\trandom\t${random.toFixed(0)}\t${library}`);
}

function answer(library, [expression, zone, after, times]) {
  try {
    const next = libraries[library](expression, zone);
    const found = [];
    for (let time = new Date(after); found.length < times.split(" ").length; ) {
      time = next(time);
      found.push(time.toISOString().replace(".000", ""));
    }
    return found.join(" ");
  } catch {
    return "";
  }
}

function checkCases(path) {
  const cases = rows(path);
  const agreed = Object.fromEntries(Object.keys(libraries).map((library) => [library, 0]));
  let wrong = 0;
  for (const row of cases) {
    const same = Object.keys(libraries).filter((library) => answer(library, row) === row[3]);
    for (const library of same) agreed[library]++;
    const said = row[4].split(",").filter((name) => name in libraries);
    if (row[4] !== "cronos" && said.join() !== same.join()) {
      wrong++;
      console.log(`the table says ${said.join() || "nobody"}, it is ${same.join() || "nobody"}: ${row.slice(0, 3).join(" | ")}`);
    }
  }
  for (const [library, count] of Object.entries(agreed)) console.log(`${library} answers ${count} of ${cases.length} cases alike`);
  return wrong;
}

const [mode, path] = process.argv.slice(2);
if (mode === "cases" && path) {
  process.exit(checkCases(path) === 0 ? 0 : 1);
} else if (mode === "rates" && path) {
  for (const [name, expression, zone] of rows(path)) {
    measure("croner", name, expression, zone);
    measure("cron-parser", name, expression, zone);
  }
} else {
  console.error("usage: node peers.mjs rates WORKLOAD | cases TABLE");
  process.exit(2);
}
