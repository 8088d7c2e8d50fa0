#!/bin/sh
# Next planned times a CPU second, beside croner and cron-parser in one run; then who agrees with the table of cases.
#
#   bench/schedule/run.sh
#
# Needs build/release (or BUILD=another build folder) and node; `npm ci` brings the peers.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build/release}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT INT TERM

cmake --build "$build" --target schedule_bench >"$out/build.log" 2>&1 || { cat "$out/build.log"; exit 1; }
[ -d "$here/node_modules" ] || (cd "$here" && npm ci --silent --no-audit --no-fund)

"$build/bench/schedule/schedule_bench" "$here/workload.tsv" | sed 's/$/\tnightshift/' >"$out/rates"
node "$here/peers.mjs" rates "$here/workload.tsv" >>"$out/rates"

echo "next planned times a CPU second; load average $(cut -d' ' -f1 /proc/loadavg)"
awk -F '\t' '
    { key = $1 "\t" $2; if (!(key in seen)) { seen[key] = 1; order[++count] = key } rate[key, $4] = $3 }
    function cell(key, name) { return (key, name) in rate ? sprintf("%d", rate[key, name]) : "-" }
    function ratio(key, name) { return (key, name) in rate ? sprintf("%d", rate[key, "nightshift"] / rate[key, name]) : "-" }
    END {
        print "| expression | asked | nightshift | croner | times | cron-parser | times |"
        print "|---|---|---|---|---|---|---|"
        for (i = 1; i <= count; i++) {
            key = order[i]; split(key, part, "\t")
            printf "| %s | %s | %s | %s | %s | %s | %s |\n", part[1], part[2], cell(key, "nightshift"), cell(key, "croner"),
                ratio(key, "croner"), cell(key, "cron-parser"), ratio(key, "cron-parser")
        }
    }' "$out/rates"
node "$here/peers.mjs" cases "$root/tests/data/jobs/cron_cases.tsv"
