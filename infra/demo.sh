#!/usr/bin/env bash
# From a clone to a finished job: builds, starts a local AWS of its own beside whatever else runs, sends a book
# through it and stops. Exits non-zero unless the job completes.
set -euo pipefail
cd "$(dirname "$0")/.."

export DOCMILL_STATE=${DOCMILL_STATE:-.local/demo} DOCMILL_PORT=${DOCMILL_PORT:-4568}
stack() { "${PYTHON:-python3}" infra/local/stack.py "$@"; }
now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f s", to - from }'; }

began=$(now)
WITH=cli bash infra/build.sh
build_time=$(since "$began")

trap 'stack down' EXIT
began=$(now)
stack up
start_time=$(since "$began")
settings=$(stack env)
eval "$settings"

began=$(now)
"${CARGO_TARGET_DIR:-target}/debug/docmill" submit samples/le-phare-de-kermor.pdf --watch
echo
echo "Build $build_time, start and deploy $start_time, job $(since "$began")."
echo "\`make up\` starts a local AWS that stays; \`make help\` lists the rest."
