# Sourced by scripts that start a local AWS of their own, where DOCMILL_STATE says: `stack VERB...` steers it, and `finish`,
# trapped on EXIT, stops it, after the last of its logs where something failed. What `tests COMMAND...` says failed is
# said once more behind them.
python=${PYTHON:-python3}
stack() { "$python" infra/local/stack.py "$@"; }

reports=$DOCMILL_STATE/tests.log
mkdir -p "$DOCMILL_STATE"
: >"$reports"

tests() { "$@" 2>&1 | tee -a "$reports"; }

# As cargo, the conformance suite, vitest, Node's runner and Python's unittest write it.
failures() {
    grep -E -A 6 '^test .+ FAILED$|^[a-z ]+: .+ FAILED$|^thread .+ panicked at |^ *not ok |^ FAIL |^(FAIL|ERROR): |^error: ' "$reports" |
        grep -vE '^ +[0-9]+: |^ +at |^stack backtrace:' | head -n 120
}

finish() {
    local status=$?
    if ((status != 0)) && [[ -e $DOCMILL_STACK_ENV ]]; then
        echo "-- last lines of the functions' logs" >&2
        stack logs --last 80 >&2 || true
        echo "-- last lines of the emulator's log" >&2
        tail -n 20 "$DOCMILL_STATE/log/emulator.log" >&2 || true
    fi
    stack down
    if ((status != 0)) && [[ -s $reports ]]; then
        echo "-- what failed" >&2
        failures >&2 || true
    fi
    exit "$status"
}
