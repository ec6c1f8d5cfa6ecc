#!/usr/bin/env bash
# Builds the functions with plain cargo into target/lambda/<name>/bootstrap, where template.yaml looks for them.
#
#   PROFILE=dev      (default) quick to build: the local stack
#   PROFILE=release  what is packaged for AWS
#   WITH=cli         the command line too; WITH=tests  every test too; WITH=bench  the benchmarks' programs too
#   TARGET=<triple>  build for another target that is installed (aarch64-unknown-linux-gnu for arm64)
#
# CARGO_TARGET_DIR is honoured; the bootstraps are put below ./target all the same.
set -euo pipefail
cd "$(dirname "$0")/.."

functions=(intake status worker push callback socket sweep site)
target_dir=${CARGO_TARGET_DIR:-target}

fail() {
    echo "docmill: $*" >&2
    exit 1
}

command -v cargo >/dev/null || fail "cargo is missing: install Rust (rustup) and put ~/.cargo/bin on the PATH"
command -v cc >/dev/null || fail "cc is missing: install a C compiler (Debian: apt-get install gcc libc6-dev)"

case ${PROFILE:-dev} in
    dev) built=debug ;;
    release) built=release ;;
    *) fail "PROFILE is dev or release, not $PROFILE" ;;
esac

# The site's program has the page in it.
bash infra/web.sh

arguments=(--locked --profile "${PROFILE:-dev}")
if [[ -n ${TARGET:-} ]]; then
    arguments+=(--target "$TARGET")
    built=$TARGET/$built
fi
# One invocation a purpose: cargo unites the features of what it builds together, and builds every dependency anew for
# another union.
case ${WITH:-} in
    "") ;;
    cli) arguments+=(--package docmill-cli) ;;
    bench) arguments+=(--package docmill-bench) ;;
    tests) arguments+=(--workspace --all-targets) ;;
    *) fail "WITH is cli, tests or bench, not $WITH" ;;
esac
if [[ ${WITH:-} != tests ]]; then
    for name in "${functions[@]}"; do
        arguments+=(--package "docmill-$name")
    done
fi
cargo build "${arguments[@]}"

# The networks that read scans travel with the worker.
DOCMILL_MODELS=${DOCMILL_MODELS:-$PWD/.local/models} bash infra/models.sh
mkdir -p target/lambda/worker/models
cp --update "${DOCMILL_MODELS:-.local/models}"/* target/lambda/worker/models/

for name in "${functions[@]}"; do
    binary=$target_dir/$built/$name
    folder=target/lambda/$name
    # Beside the folder, not in it: whatever is in the folder is packaged.
    source_mark=target/lambda/$name.source
    if [[ ! -e $folder/bootstrap || $binary -nt $folder/bootstrap || $(cat "$source_mark" 2>/dev/null) != "$binary" ]]; then
        mkdir -p "$folder"
        # Debug information is most of a dev build's size. A release build has none, and may be another machine's.
        if [[ ${PROFILE:-dev} == dev ]] && command -v strip >/dev/null; then
            strip --strip-debug -o "$folder/bootstrap.new" "$binary"
        else
            cp "$binary" "$folder/bootstrap.new"
        fi
        mv "$folder/bootstrap.new" "$folder/bootstrap"
        echo "$binary" >"$source_mark"
    fi
done
