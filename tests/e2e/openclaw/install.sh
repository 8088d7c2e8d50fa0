# Sourced: installs OpenClaw and the node it wants from npm, once, and puts that node first in PATH. Sets `cache` and `node`.
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
