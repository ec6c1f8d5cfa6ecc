# Sourced by scripts that start a local AWS of their own, where DOCMILL_STATE says: `stack VERB...` steers it, and `finish`,
# trapped on EXIT, stops it, after the last of its logs where something failed.
python=${PYTHON:-python3}
stack() { "$python" infra/local/stack.py "$@"; }

finish() {
    local status=$?
    if ((status != 0)) && [[ -e $DOCMILL_STACK_ENV ]]; then
        echo "-- last lines of the functions' logs" >&2
        stack logs --last 80 >&2 || true
        echo "-- last lines of the emulator's log" >&2
        tail -n 20 "$DOCMILL_STATE/log/emulator.log" >&2 || true
    fi
    stack down
    exit "$status"
}
