#!/usr/bin/env bash
# Tests the OpenClaw bridge against real gateways: run.sh NIGHTSHIFT_BINARY
# Installs node and both gateway versions from npm into ~/.cache/nightshift/openclaw (1.2 GB, once).
# Prints a line a check and "N passed, N failed"; logs stay in a temporary folder when something failed.
set -euo pipefail
binary=$(realpath "${1:?usage: run.sh NIGHTSHIFT_BINARY}")
here=$(cd "$(dirname "$0")" && pwd)
source "$here/install.sh"
install "$cache/openclaw-2026.9.6" openclaw@2026.9.6
install "$cache/openclaw-2026.4.27" openclaw@2026.4.27
if ! [ -d "$cache/plugins-2026.4.27" ]; then
    echo "     letting openclaw 2026.4.27 install its plugins"
    if ! "$node" "$here/prepare.mjs" 2026.4.27 "$cache"; then
        echo "FAIL openclaw 2026.4.27 could not install its plugins: is a registry reachable?"
        echo "0 passed, 1 failed"
        exit 1
    fi
fi

work=$(mktemp -d /tmp/nightshift-openclaw.XXXXXX)
if "$node" "$here/main.mjs" "$binary" "$cache" "$work"; then
    rm -rf "$work"
else
    exit 1
fi
