#!/usr/bin/env bash
# BOOK=<a French PDF of at most 4 MB and 263 to 266 pages>: what both sides carry and read; by default the bundled sample
# five times over.
# PARAMETERS="Name=Value ...": further parameters of the template, such as WorkerBatchSize=10.
#
# Builds the release functions, deploys them to a local AWS of their own with two workers, and runs every benchmark:
# packages and start-up, answer and first event, requests as a formula, and the platform against Celery on Redis.
# Leave the machine alone meanwhile; compare ratios within one run, not times between runs.
set -euo pipefail
cd "$(dirname "$0")/.."

export DOCMILL_STATE=$PWD/.local/bench DOCMILL_PORT=${DOCMILL_PORT:-4569}
bootstraps=$PWD/target/lambda-bench
python=${PYTHON:-python3}
peer=$DOCMILL_STATE/peer
peer_port=8399 redis_port=6399
target=${CARGO_TARGET_DIR:-target}

fail() {
    echo "bench: $*" >&2
    exit 1
}
command -v redis-server >/dev/null || fail "redis-server is missing (Debian: apt-get install redis-server); the Celery peer needs it"

PROFILE=release WITH=bench bash infra/build.sh
"$python" infra/local/package.py >/dev/null
mkdir -p "$bootstraps" "$peer"
for name in intake status worker push callback socket sweep site; do
    mkdir -p "$bootstraps/$name"
    binary=$target/release/$name
    [[ -x $target/release/bench-$name ]] && binary=$target/release/bench-$name
    cp "$binary" "$bootstraps/$name/bootstrap"
done

[[ -x $peer/venv/bin/celery ]] || {
    "$python" -m venv "$peer/venv"
    "$peer/venv/bin/pip" install --quiet --requirement bench/peer/requirements.txt
}

book=${BOOK:-$peer/book.pdf}
# 265 pages, of which the peer makes 66 parts.
[[ -n ${BOOK:-} ]] || "$peer/venv/bin/python" - samples/le-phare-de-kermor.pdf "$book" <<'PYTHON'
import sys
from pypdf import PdfWriter

writer = PdfWriter()
for _ in range(5):
    writer.append(sys.argv[1], import_outline=False)
writer.write(sys.argv[2])
PYTHON

finish() {
    local status=$?
    trap - EXIT
    kill "${started[@]}" 2>/dev/null || true
    "$python" infra/local/stack.py down || true
    exit "$status"
}
started=()
trap finish EXIT

export REDIS_URL=redis://127.0.0.1:$redis_port/0
redis-server --port $redis_port --bind 127.0.0.1 --save '' --dir "$peer" >"$peer/redis.log" 2>&1 &
started+=($!)
(cd bench/peer && exec "$peer/venv/bin/celery" -A app.celery worker -c 2 --without-gossip) >"$peer/celery.log" 2>&1 &
started+=($!)
(cd bench/peer && exec "$peer/venv/bin/gunicorn" -w 2 -b 127.0.0.1:$peer_port app:app) >"$peer/gunicorn.log" 2>&1 &
started+=($!)
export DOCMILL_BOOTSTRAPS=$bootstraps
read -ra parameters <<<"${PARAMETERS:-}"
"$python" infra/local/stack.py up NormalConcurrency=2 "${parameters[@]}"
settings=$("$python" infra/local/stack.py env)
eval "$settings"

echo
echo "## Packages and start-up"
"$python" bench/start.py
echo
echo "## Answer and first event"
"$target/release/bench" latency
echo
echo "## Requests to AWS"
"$target/release/bench" requests
echo
echo "## Platform against Celery"
"$target/release/bench" platform --peer "http://127.0.0.1:$peer_port" --file "$book"
echo
echo "## A book against Celery"
"$target/release/bench" book --peer "http://127.0.0.1:$peer_port" --file "$book"
