#!/usr/bin/env bash
# run.sh <nightshift binary>: the program's own end-to-end tests.
set -euo pipefail
NIGHTSHIFT_BINARY=$(realpath "$1") exec python3 "$(dirname "$0")/test_program.py" "${@:2}"
