#!/usr/bin/env bash
# run.sh <nightshift binary>: scheduled work from its definition to its verdict, with real processes, pings, receipts and crashes.
set -euo pipefail
NIGHTSHIFT_BINARY=$(realpath "$1")
export NIGHTSHIFT_BINARY PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")"
exec python3 -m unittest "${@:2}"
