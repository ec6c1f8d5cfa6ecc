#!/usr/bin/env bash
# Takes each permission of each function away, one at a time, and expects a test to fail: on a local AWS of its own that
# evaluates IAM policies. Arguments go to iam_mutants.py (--only intake, --matching editions, --resume, --list).
set -euo pipefail
cd "$(dirname "$0")/.."

export DOCMILL_STATE=${DOCMILL_STATE:-$PWD/.local/mutants} DOCMILL_PORT=${DOCMILL_PORT:-4573}
export DOCMILL_STACK_ENV=$DOCMILL_STATE/stack.env DOCMILL_SYSTEM_TESTS=required
source infra/own_stack.sh

# Built before anything is started: the tests' time limits should not wait for a compiler.
WITH=tests bash infra/build.sh
trap finish EXIT
stack up --auth LeaseMs=3000 RenewMs=1000 AllowedOrigins=https://pages.example.com
"$python" infra/iam_mutants.py "$@"
