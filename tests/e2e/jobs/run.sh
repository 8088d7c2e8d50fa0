#!/usr/bin/env bash
# run.sh <nightshift binary>: scheduled work from its definition to its verdict, with real processes, pings, receipts and crashes.
set -euo pipefail
NIGHTSHIFT_BINARY=$(realpath "$1") exec python3 "$(dirname "$0")/test_jobs.py" "${@:2}"
