#!/usr/bin/env bash
# run.sh <nightshift binary>: alerts and incidents as those meet them who are told: groups, silences, crashes, flapping, links, diagnoses.
set -euo pipefail
NIGHTSHIFT_BINARY=$(realpath "$1")
export NIGHTSHIFT_BINARY PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")"
# script/setup puts amtool there.
PATH=$PATH:${XDG_CACHE_HOME:-$HOME/.cache}/nightshift/tools/bin
exec python3 -m unittest "${@:2}"
