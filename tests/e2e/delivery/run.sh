#!/usr/bin/env bash
# Tests deliveries with a real SMTP server (STARTTLS, TLS, authentication, refusals, silence) and the Standard Webhooks library.
#     run.sh NIGHTSHIFT_BINARY         uses delivery_peer, which is built beside it
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$(dirname "${1:?usage: run.sh NIGHTSHIFT_BINARY}")" && pwd)
peer=$build/tests/e2e/delivery/delivery_peer
[ -x "$peer" ] || { echo "$peer is not built: script/build release --target delivery_peer" >&2; exit 1; }
[ -d "$here/node_modules/smtp-server" ] || npm --prefix "$here" ci --no-audit --no-fund --loglevel=error
work=$(mktemp -d /tmp/nightshift-delivery.XXXXXX)
trap 'rm -rf "$work"' EXIT
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
node "$here/main.mjs" "$peer" "$work"
