#!/usr/bin/env bash
# 60 jobs each (JOBS=60) while AWS throttles, fails and hangs up, and while the functions' processes are killed every second,
# on a local AWS of its own with a proxy in front of it. Prints a Markdown table; fails where a job that was accepted
# does not end, or ends with another result than a run in one process has.
set -euo pipefail
cd "$(dirname "$0")/.."

export DOCMILL_STATE=${DOCMILL_STATE:-$PWD/.local/faults} DOCMILL_PORT=${DOCMILL_PORT:-4570}
export DOCMILL_STACK_ENV=$DOCMILL_STATE/stack.env DOCMILL_SYSTEM_TESTS=required DOCMILL_FAULT_JOBS=${JOBS:-60}
source infra/own_stack.sh

# Built before anything is started: the test's time limits should not wait for a compiler.
WITH=tests bash infra/build.sh
trap finish EXIT
# Lost workers and lost messages are missed soon.
stack up --faults LeaseMs=3000 RenewMs=1000 NudgeMs=5000 StallMs=10000
cargo test --locked --workspace --test under_faults
