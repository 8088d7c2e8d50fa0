#!/usr/bin/env bash
# Durable ingest, side by side with dashboard queries on one machine: starts Nightshift in a folder of its own and loads it.
#     bench/ingest/run.sh [build folder=build/release] [connections=8] [seconds=10]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release}
data=$(mktemp -d)
port=${NIGHTSHIFT_BENCH_PORT:-8731}
"$build/nightshift" up --data "$data" --listen "127.0.0.1:$port" --otlp "127.0.0.1:$((port + 1))" >"$data/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 200); do
    curl -sf "http://127.0.0.1:$port/readyz" >/dev/null && break
    sleep 0.05
done
"$build/bench/ingest/ingest_load" 127.0.0.1 "$port" "$(cat "$data/admin.token")" "$server" "${2:-8}" "${3:-10}"
