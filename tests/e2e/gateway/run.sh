#!/usr/bin/env bash
# Tests the model gateway with real SDKs and upstreams that misbehave, and with a real OpenClaw: run.sh NIGHTSHIFT_BINARY [PART]
# PART: an SDK of sdks.mjs, behaviour, or openclaw; all without it. Prints what failed and "N passed, N failed"; the log stays in a
# temporary folder when something failed.
set -euo pipefail
binary=$(realpath "${1:?usage: run.sh NIGHTSHIFT_BINARY [PART]}")
part=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$here/node_modules/openai" ] || npm --prefix "$here" ci --no-audit --no-fund --loglevel=error
work=$(mktemp -d /tmp/nightshift-gateway.XXXXXX)
failed=0
if [ "$part" != openclaw ]; then
    mkdir "$work/sdks"
    node "$here/main.mjs" "$binary" "$work/sdks" "$part" || failed=1
fi
if [ -z "$part" ] || [ "$part" = openclaw ]; then
    source "$here/../openclaw/install.sh"
    install "$cache/openclaw-2026.9.6" openclaw@2026.9.6
    mkdir "$work/openclaw"
    "$node" "$here/openclaw.mjs" "$binary" "$work/openclaw" "$cache" || failed=1
fi
if [ $failed = 0 ]; then rm -rf "$work"; else echo "logs: $work"; fi
exit $failed
