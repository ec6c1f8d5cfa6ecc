#!/usr/bin/env bash
# Everything that can be said about the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."

export DOCMILL_VENV=${DOCMILL_VENV:-$PWD/.local/venv}
tools=${DOCMILL_LINT_VENV:-$PWD/.local/lint-venv}
python=${PYTHON:-python3}

step() { printf '\n-- %s\n' "$*"; }

step "tools (infra/checks/requirements.txt, infra/local/requirements.txt)"
"$python" infra/local/stack.py setup
wanted=$(sha256sum infra/checks/requirements.txt | cut -d' ' -f1)
if [[ $(cat "$tools/requirements.sha256" 2>/dev/null) != "$wanted" ]]; then
    "$python" -m venv --clear "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement infra/checks/requirements.txt
    echo "$wanted" >"$tools/requirements.sha256"
fi

step "formatting"
cargo fmt --all --check

step "lints"
cargo clippy --locked --workspace --all-targets -- --deny warnings

step "documentation"
RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps --quiet

step "licences, bans, sources"
"$tools/bin/cargo-deny" --locked check --hide-inclusion-graph licenses bans sources
if [[ ${ADVISORIES:-} == true ]]; then
    "$tools/bin/cargo-deny" --locked check advisories
else
    echo "SKIPPED: advisories. The RustSec database is fetched from the network; ADVISORIES=true checks it."
fi

step "unused dependencies"
"$tools/bin/cargo-shear"

step "template"
"$tools/bin/cfn-lint" template.yaml
# Validation is local; sam asks for credentials all the same.
AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 \
    "$tools/bin/sam" validate --lint

step "API description"
"$tools/bin/openapi-spec-validator" infra/openapi.yaml

step "checks of this project"
"$DOCMILL_VENV/bin/python" -m unittest discover --start-directory infra/checks
"$DOCMILL_VENV/bin/python" -m unittest discover --start-directory infra/local
"$DOCMILL_VENV/bin/python" infra/checks/template.py
"$DOCMILL_VENV/bin/python" infra/checks/security.py
"$python" infra/checks/threats.py
"$python" infra/checks/dependencies.py
"$python" infra/checks/doors.py
if compgen -G "target/lambda/*/bootstrap" >/dev/null; then
    "$python" infra/checks/glibc.py
fi
