# Sourced by the scripts: where tools that are not Debian's live, and which node they get.
NODE_VERSION=22.23.3
NPM_VERSION=10.9.9
TOOLS=${XDG_CACHE_HOME:-$HOME/.cache}/nightshift/tools

node_is_new_enough() {
    command -v node >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'
}

node_is_new_enough || export PATH="$TOOLS/bin:$PATH"
# The compiler cache serves every checkout on this machine, wherever it lies.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1 CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
