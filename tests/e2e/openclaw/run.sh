#!/usr/bin/env bash
# Tests the OpenClaw bridge against real gateways: run.sh NIGHTSHIFT_BINARY
# Installs node and both gateway versions from npm into ~/.cache/nightshift/openclaw (1.2 GB, once).
# Prints a line a check and "N passed, N failed"; logs stay in a temporary folder when something failed.
set -euo pipefail
binary=$(realpath "${1:?usage: run.sh NIGHTSHIFT_BINARY}")
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nightshift/openclaw

install() { # folder, package...
    local folder=$1
    shift
    [ -f "$folder/.complete" ] && return
    echo "     installing $* into $folder"
    mkdir -p "$folder"
    echo '{"private":true}' >"$folder/package.json"
    if ! (cd "$folder" && npm install --no-audit --no-fund --loglevel=error "$@"); then
        echo "FAIL npm could not install $*: is a registry reachable?" >&2
        echo "0 passed, 1 failed"
        exit 1
    fi
    touch "$folder/.complete"
}

# OpenClaw 2026.9 wants node 24.
install "$cache/node" node@24
node=$cache/node/node_modules/node/bin/node
if ! [ -x "$node" ]; then # npm was told not to run install scripts: the package for this machine has the program
    arch=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
    rm -f "$cache/node/.complete"
    install "$cache/node" "node-linux-$arch@24"
    mkdir -p "$(dirname "$node")"
    cp "$cache/node/node_modules/node-linux-$arch/bin/node" "$node"
fi
export PATH="$(dirname "$node"):$PATH"
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
