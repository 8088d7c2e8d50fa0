#!/bin/sh
# The live hub beside uWebSockets.js: both servers in one run, the same load program, one table.
#
#   bench/live/run.sh [CLIENTS=5000] [SECONDS=5] [STORMS=3]
#
# Needs build/release (or BUILD=another build folder) and node 20; `npm ci` brings the peer. Everything binds to loopback.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build/release}
clients=${1:-5000}
seconds=${2:-5}
storms=${3:-3}
loops=${LOOPS:-2}
out=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi; rm -rf "$out"' EXIT INT TERM

ulimit -n 20000
cmake --build "$build" --target bench_live_server bench_live_load >"$out/build.log" 2>&1 || { cat "$out/build.log"; exit 1; }
[ -d "$here/node_modules" ] || (cd "$here" && npm ci --silent --no-audit --no-fund)

# measure NAME MODE PORT COMMAND...: starts the server, loads it, ends it.
measure() {
    name=$1 mode=$2 port=$3
    shift 3
    "$@" &
    server=$!
    tries=0
    until curl -s -o "$out/stat" "http://127.0.0.1:$port/stat"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { echo "$name does not answer on port $port" >&2; exit 1; }
        sleep 0.1
    done
    echo "$name $("$build/bench/live/bench_live_load" "$port" "$clients" "$seconds" "$mode" "$storms" 2>"$out/load.log")" >>"$out/results" ||
        { cat "$out/load.log" >&2; exit 1; }
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
}

hub=$build/bench/live/bench_live_server
measure hub-50ms hub-resume 9110 "$hub" 9110 100 300 20000 50 "$loops"
measure hub-100ms hub-resume 9111 "$hub" 9111 100 300 20000 100 "$loops"
measure hub-cold hub-cold 9112 "$hub" 9112 100 300 20000 50 "$loops"
measure uWebSockets plain 9113 env PORT=9113 RATE=100 SIZE=300 SNAPSHOT=20000 node "$here/uws_server.js"

echo "$clients clients, 100 events/s of 300 B to all; load average $(cut -d' ' -f1 /proc/loadavg), $(nproc) cores shared by server and load"
awk '
    function value(key,   i, pair) {
        for (i = 2; i <= NF; i++) { split($i, pair, "="); if (pair[1] == key) { sub(/%/, "", pair[2]); return pair[2] } }
        return "-"
    }
    {
        names[NR] = $1
        split("per_s p50_ms p99_ms max_ms server_cpu load_cpu rss_mb storm_p50_s storm_all_s storm_worst_s lost doubled", keys, " ")
        for (k = 1; k <= 12; k++) cell[NR, k] = value(keys[k])
    }
    END {
        printf "| %-12s | %10s | %7s | %7s | %7s | %9s | %9s | %6s | %9s | %9s | %9s | %6s | %7s |\n", "server",
            "delivered/s", "p50 ms", "p99 ms", "max ms", "server %", "load %", "MB", "storm p50", "storm all", "worst s", "lost", "doubled"
        print "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
        for (r = 1; r <= NR; r++) {
            printf "| %-12s | %11s | %7s | %7s | %7s | %9s | %9s | %6s | %9s | %9s | %9s | %6s | %7s |\n", names[r], cell[r, 1],
                cell[r, 2], cell[r, 3], cell[r, 4], cell[r, 5], cell[r, 6], cell[r, 7], cell[r, 8], cell[r, 9], cell[r, 10], cell[r, 11], cell[r, 12]
        }
        for (r = 1; r < NR; r++) {
            printf "%s / %s: delivered %.2f, p99 %.2f, server CPU %.2f, memory %.2f, storm %.2f\n", names[r], names[NR],
                cell[r, 1] / cell[NR, 1], cell[r, 3] / cell[NR, 3], cell[r, 5] / cell[NR, 5], cell[r, 7] / cell[NR, 7], cell[r, 9] / cell[NR, 9]
        }
    }' "$out/results"
