#!/bin/sh
# How late work starts, beside croner (in memory, without a ledger), and how fast a long ledger answers.
#
#   bench/jobs/run.sh [count]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build/release}
count=${1:-10000}
cmake --build "$build" --target jobs_bench >/dev/null
[ -d "$here/../schedule/node_modules" ] || (cd "$here/../schedule" && npm ci --silent --no-audit --no-fund)
printf 'who\tkind\tjobs\tstarted\tp50 ms\tp99 ms\tworst ms\n'
for kind in herd spread; do
    printf 'nightshift\t'
    "$build/bench/jobs/jobs_bench" "$kind" "$count"
    printf 'croner\t'
    node "$here/peers.mjs" "$kind" "$count"
done
printf 'what\toccurrences\tp50 ms\tp99 ms\n'
"$build/bench/jobs/jobs_bench" ledger 1000000
