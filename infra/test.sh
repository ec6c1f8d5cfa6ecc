#!/usr/bin/env bash
# Every test. The workspace's tests run with a local AWS of their own up (other port, other state than `make up`), with
# short leases so that lost workers are missed soon. Then the whole-system and the conformance tests run once more with
# IAM policies evaluated and signatures checked: a missing permission fails.
set -euo pipefail
cd "$(dirname "$0")/.."

export DOCMILL_STATE=${DOCMILL_STATE:-$PWD/.local/test} DOCMILL_PORT=${DOCMILL_PORT:-4567}
export DOCMILL_STACK_ENV=$DOCMILL_STATE/stack.env
# Without a stack the whole-system tests would say "skipped" and pass.
export DOCMILL_SYSTEM_TESTS=required
source infra/own_stack.sh
source infra/venv.sh

# Built before anything is started: the tests' time limits should not wait for a compiler.
WITH=tests bash infra/build.sh
# What reads scans is tested with the real networks.
bash infra/models.sh

trap finish EXIT
# Leases end soon, and pages of one other origin may call. The tests receive callbacks at one address of this machine,
# which the stack has to be told of: it is not public.
parameters=(
    LeaseMs=3000 RenewMs=1000 AllowedOrigins=https://pages.example.com
    "CallbackPrivateHosts=127.0.0.1:$((DOCMILL_PORT + 20000))"
)
stack up "${parameters[@]}"
# The client, the components and the page by themselves; the client at the stack, too.
tests npm --prefix web run --silent test

# The page, in a real browser. Before the ports' rules, which leave jobs of the year 2100 and accounts that do not add up
# where operators would see them.
if command -v npm >/dev/null && [[ -x ${CHROMIUM:-/usr/bin/chromium} ]]; then
    npm --prefix tests/browser ci --no-audit --no-fund --silent
    tests npm --prefix tests/browser test
elif [[ ${CI:-} == true ]]; then
    echo "docmill: the browser tests need npm and Chromium" >&2
    exit 1
else
    echo "SKIPPED: the browser tests need npm and Chromium (Debian: apt-get install npm chromium)"
fi

tests "$python" infra/local/dynamodb_local.py cargo test --locked --workspace --no-fail-fast

# Calendar files, by parsers that others wrote.
calendars=${DOCMILL_CALENDARS_VENV:-$PWD/.local/calendars}
venv "$calendars" tests/calendars/requirements.txt
tests "$calendars/bin/python" -m unittest discover --start-directory tests/calendars

stack down
stack up --auth "${parameters[@]}"
# What talks to the stack, but of the whole workspace: another choice of packages would build the dependencies anew.
chosen=(--test conformance)
for file in tests/system/tests/*.rs; do
    chosen+=(--test "$(basename "$file" .rs)")
done
tests cargo test --locked --workspace --no-fail-fast "${chosen[@]}"

# The same stack, deployed anew with a language model that a test plays. A call that is not answered is given up soon.
stack secret model-key <<<"key-of-the-played-provider"
stack deploy "${parameters[@]}" ModelProvider=openai "ModelEndpoint=http://127.0.0.1:$((DOCMILL_PORT + 21000))/v1" \
    ModelSpeed=small ModelBalanced=large ModelKeySecret=model-key ChunkLimitMs=25000
tests cargo test --locked --workspace --test language_models

# A few jobs behind a proxy that makes AWS fail; `make faults` sends more.
stack down
JOBS=${FAULT_JOBS:-12} tests bash infra/faults.sh
