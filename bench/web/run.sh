#!/usr/bin/env bash
# Loads the upload page in Chromium from a local AWS of its own, and prints what came over the wire and how soon it could be
# used. RUNS=5; DOCMILL_STACK_ENV=<a running stack's stack.env> measures that one instead.
set -euo pipefail
cd "$(dirname "$0")/../.."

npm --prefix tests/browser ci --no-audit --no-fund --silent
if [[ -z ${DOCMILL_STACK_ENV:-} ]]; then
    export DOCMILL_STATE=${DOCMILL_STATE:-$PWD/.local/bench-web} DOCMILL_PORT=${DOCMILL_PORT:-4573}
    export DOCMILL_STACK_ENV=$DOCMILL_STATE/stack.env
    source infra/own_stack.sh
    bash infra/build.sh
    trap finish EXIT
    stack up
fi
set -a
source "$DOCMILL_STACK_ENV"
set +a
node bench/web/measure.js
