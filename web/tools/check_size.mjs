// Fails when the JavaScript and CSS a first visit must load grow past their budget.
// "Initial" is what index.html names: the entry module and everything it imports statically.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET_JS = 60 * 1024;
const BUDGET_CSS = 20 * 1024;
const dist = process.argv[2] ?? "dist";

const html = readFileSync(join(dist, "index.html"), "utf8");
const named = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((m) => m[1]);
const seen = new Set();

function addWithImports(file) {
  if (seen.has(file)) return;
  seen.add(file);
  if (!file.endsWith(".js")) return;
  const code = readFileSync(join(dist, file), "utf8");
  for (const m of code.matchAll(/(?:^|[;}])\s*import\s*(?:[^"'()]*?from\s*)?["']\.\/([^"']+)["']/g)) addWithImports(`assets/${m[1]}`);
}
named.forEach(addWithImports);

function total(suffix) {
  let bytes = 0;
  for (const file of seen) if (file.endsWith(suffix)) bytes += gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
  return bytes;
}

const js = total(".js");
const css = total(".css");
const kb = (n) => (n / 1024).toFixed(1);
console.log(`initial JavaScript ${kb(js)} of ${kb(BUDGET_JS)} KiB gzipped, CSS ${kb(css)} of ${kb(BUDGET_CSS)} KiB`);
if (js === 0) throw new Error(`no script found in ${dist}/index.html`);
if (js > BUDGET_JS || css > BUDGET_CSS) {
  console.error("over budget: load it lazily or leave it out");
  process.exit(1);
}
