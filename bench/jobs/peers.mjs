// croner with as many jobs, in memory: node peers.mjs herd|spread COUNT
import { Cron } from "../schedule/node_modules/croner/dist/croner.js";

const [kind, countText] = process.argv.slice(2);
const count = Number(countText);
const first = Math.ceil(Date.now() / 1000) * 1000 + 15_000;
const late = [];
for (let i = 0; i < count; i++) {
  // Croner's times are whole seconds.
  const due = new Date(kind === "herd" ? first : first + Math.floor((60 * i) / count) * 1000);
  const pattern = `${due.getUTCSeconds()} ${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
  new Cron(pattern, { timezone: "UTC", maxRuns: 1 }, () => late.push(Date.now() - due.getTime()));
}
setTimeout(
  () => {
    late.sort((a, b) => a - b);
    const at = (share) => late[Math.floor(share * (late.length - 1))] ?? 0;
    console.log([kind, count, late.length, at(0.5).toFixed(1), at(0.99).toFixed(1), at(1).toFixed(1)].join("\t"));
    process.exit(0);
  },
  first - Date.now() + (kind === "herd" ? 10_000 : 65_000),
);
