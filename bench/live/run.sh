#!/bin/sh
# The live hub beside uWebSockets.js: both servers in one run, the same load program, one table.
#
#   [RUNS=3] bench/live/run.sh [CLIENTS=5000] [SECONDS=5] [STORMS=3]
#
# Each of the runs measures all servers; at the end come the medians of the runs' ratios. Needs build/release (or BUILD=another
# build folder) and node 20; `npm ci` brings the peer. Everything binds to loopback.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build/release}
clients=${1:-5000}
seconds=${2:-5}
storms=${3:-3}
runs=${RUNS:-3}
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
run=0
while [ "$run" -lt "$runs" ]; do
    run=$((run + 1))
    measure hub hub-resume 9110 "$hub" 9110 100 300 20000
    measure uWebSockets plain 9111 env PORT=9111 RATE=100 SIZE=300 SNAPSHOT=20000 node "$here/uws_server.js"
    measure hub-1-loop hub-resume 9112 "$hub" 9112 100 300 20000 100 1
    measure hub-cold hub-cold 9113 "$hub" 9113 100 300 20000
done

echo "$clients clients, 100 events/s of 300 B to all; load average $(cut -d' ' -f1 /proc/loadavg), $(nproc) cores shared by server and load"
awk '
    function value(key,   i, pair) {
        for (i = 2; i <= NF; i++) { split($i, pair, "="); if (pair[1] == key) { sub(/%/, "", pair[2]); return pair[2] } }
        return "-"
    }
    # Of the ratios of key k between a server and the peer in the same run.
    function median(name, k,   run, i, count, ratio, held) {
        for (run = 1; run <= runs[name]; run++) {
            ratio = cell[name, run, k] / cell["uWebSockets", run, k]
            for (i = count++; i > 0 && held[i] > ratio; i--) held[i + 1] = held[i]
            held[i + 1] = ratio
        }
        return held[int((count + 1) / 2)]
    }
    BEGIN {
        split("per_s p50_ms p99_ms max_ms server_cpu load_cpu rss_mb storm_p50_s storm_all_s storm_worst_s lost doubled", keys, " ")
        printf "| %-12s | %11s | %7s | %7s | %7s | %9s | %9s | %6s | %9s | %9s | %9s | %6s | %7s |\n", "server", "delivered/s",
            "p50 ms", "p99 ms", "max ms", "server %", "load %", "MB", "storm p50", "storm all", "worst s", "lost", "doubled"
        print "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    }
    {
        if (!($1 in runs)) names[++servers] = $1
        run = ++runs[$1]
        for (k = 1; k <= 12; k++) cell[$1, run, k] = value(keys[k])
        printf "| %-12s | %11s | %7s | %7s | %7s | %9s | %9s | %6s | %9s | %9s | %9s | %6s | %7s |\n", $1, cell[$1, run, 1],
            cell[$1, run, 2], cell[$1, run, 3], cell[$1, run, 4], cell[$1, run, 5], cell[$1, run, 6], cell[$1, run, 7],
            cell[$1, run, 8], cell[$1, run, 9], cell[$1, run, 10], cell[$1, run, 11], cell[$1, run, 12]
    }
    END {
        for (s = 1; s <= servers; s++) {
            if (names[s] == "uWebSockets") continue
            printf "%s / uWebSockets, median of %d: delivered %.2f, p50 %.2f, p99 %.2f, server CPU %.2f, memory %.2f, storm %.2f\n", names[s],
                runs[names[s]], median(names[s], 1), median(names[s], 2), median(names[s], 3), median(names[s], 5),
                median(names[s], 7), median(names[s], 9)
        }
    }' "$out/results"
