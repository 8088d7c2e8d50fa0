#!/usr/bin/env bash
# run.sh <nightshift binary> [test...]: alerts and incidents as those meet them who are told: groups, silences, crashes, flapping, links, diagnoses.
set -euo pipefail
NIGHTSHIFT_BINARY=$(realpath "$1")
export NIGHTSHIFT_BINARY PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")"
# script/setup puts amtool there.
PATH=$PATH:${XDG_CACHE_HOME:-$HOME/.cache}/nightshift/tools/bin
if [ $# -gt 1 ]; then
    exec python3 -m unittest "${@:2}"
fi
# Mostly they wait: for groups to be told, for silences to end.
printf '%s\n' test_*.py | xargs -P 3 -I MODULE bash -c '
    log=$(mktemp)
    python3 -m unittest MODULE >"$log" 2>&1
    code=$?
    cat "$log"
    rm "$log"
    exit $code'
