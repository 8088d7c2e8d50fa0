#!/usr/bin/env bash
# Tests the model gateway with real SDKs and upstreams that misbehave: run.sh NIGHTSHIFT_BINARY [only=<word>]
# Prints what failed and "N passed, N failed"; the log stays in a temporary folder when something failed.
set -euo pipefail
binary=$(realpath "${1:?usage: run.sh NIGHTSHIFT_BINARY}")
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$here/node_modules/openai" ] || npm --prefix "$here" ci --no-audit --no-fund --loglevel=error
work=$(mktemp -d /tmp/nightshift-gateway.XXXXXX)
if node "$here/main.mjs" "$binary" "$work" "${2:-}"; then
    rm -rf "$work"
else
    echo "log: $work/nightshift.log"
    exit 1
fi
