#!/usr/bin/env bash
# run.sh <nightshift binary>: the web UI of the real program, with a simulated fleet, in a real browser.
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/../../.."
source script/env.sh
node web/tools/install.mjs
exec node tests/e2e/browser/browser.mjs "$binary"
