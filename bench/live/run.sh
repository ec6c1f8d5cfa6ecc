#!/usr/bin/env bash
# 1,000 WebSocket subscribers (SUBSCRIBERS=1000) on one job of a local AWS of its own. Prints Markdown tables; fails where a
# subscriber has the event of the job's end later than two seconds after it, has events out of order, or misses one.
#
# PROFILE=release runs the functions as they are deployed. DOCMILL_BOOTSTRAPS=<folder> takes functions that are built already.
# Leave the machine alone meanwhile: 1,000 frames are about a second of the emulator's one core.
set -euo pipefail
cd "$(dirname "$0")/../.."

export DOCMILL_STATE=${DOCMILL_STATE:-$PWD/.local/live} DOCMILL_PORT=${DOCMILL_PORT:-4572}
export DOCMILL_STACK_ENV=$DOCMILL_STATE/stack.env
subscribers=${SUBSCRIBERS:-1000}
python=${PYTHON:-python3}

command -v npm >/dev/null || { echo "bench: npm is missing: install Node 20.19 or later" >&2; exit 1; }
npm --prefix bench/live ci --no-audit --no-fund >/dev/null
if [[ -z ${DOCMILL_BOOTSTRAPS:-} ]]; then
    PROFILE=${PROFILE:-dev} bash infra/build.sh
fi
# A socket on each side, and what the functions open.
ulimit -n $((4 * subscribers + 1000)) 2>/dev/null || true

. infra/own_stack.sh
trap finish EXIT
stack up
settings=$(stack env)
eval "$settings"
emulator=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["pid"])' "$DOCMILL_STATE/emulator.pid")
node bench/live/bench.mjs --subscribers "$subscribers" --pid "$emulator"
