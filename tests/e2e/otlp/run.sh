#!/usr/bin/env bash
# Tests Nightshift with real OpenTelemetry exporters and agent SDKs.
#     run.sh NIGHTSHIFT_BINARY         starts one in a folder of its own
#     run.sh BASE_URL TOKEN            uses one that runs
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$here/node_modules/ai" ] || npm --prefix "$here" ci --no-audit --no-fund --loglevel=error
case "${1:?usage: run.sh NIGHTSHIFT_BINARY | BASE_URL TOKEN}" in
    http*) exec node "$here/main.mjs" "$1" "${2:?run.sh BASE_URL TOKEN}" ;;
esac

data=$(mktemp -d /tmp/nightshift-otlp.XXXXXX)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
otlp=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$1" up --data "$data" --listen "127.0.0.1:$port" --otlp "127.0.0.1:$otlp" >"$data/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$data"' EXIT
for _ in $(seq 300); do
    curl -sf "http://127.0.0.1:$port/readyz" >/dev/null && break
    sleep 0.1
done
node "$here/main.mjs" "http://127.0.0.1:$port" "$(cat "$data/admin.token")"
