#!/usr/bin/env bash
# 1,000 jobs of 5 empty chunks (JOBS=1000), submitted at once to a local AWS of its own. Prints a Markdown table; fails where
# a job does not end, ends twice, costs 5 % more or less than one alone, or where a worker grows.
#
# The jobs are those of 40 users with 25 each, who may all run at the same time. PROFILE=release runs the functions as they
# are deployed; what is counted is the same.
set -euo pipefail
cd "$(dirname "$0")/.."

export DOCMILL_STATE=${DOCMILL_STATE:-$PWD/.local/load} DOCMILL_PORT=${DOCMILL_PORT:-4571}
export DOCMILL_STACK_ENV=$DOCMILL_STATE/stack.env DOCMILL_SYSTEM_TESTS=required
export DOCMILL_BOOTSTRAPS=$DOCMILL_STATE/bootstraps
jobs=${JOBS:-1000} users=40
python=${PYTHON:-python3}
target=${CARGO_TARGET_DIR:-target}
stack() { "$python" infra/local/stack.py "$@"; }

case ${PROFILE:-dev} in
    dev) WITH=tests built=$target/debug ;;
    *) WITH=bench built=$target/release ;;
esac
WITH=$WITH bash infra/build.sh
for name in intake status worker push callback socket sweep site; do
    binary=$built/$name
    [[ -x $built/bench-$name ]] && binary=$built/bench-$name
    mkdir -p "$DOCMILL_BOOTSTRAPS/$name"
    strip --strip-debug -o "$DOCMILL_BOOTSTRAPS/$name/bootstrap" "$binary"
done

trap 'stack down' EXIT
stack up RunningPerUser=$(((jobs + users - 1) / users))
settings=$(stack env)
eval "$settings"
"$built/bench" load --jobs "$jobs" --users "$users"
