#!/usr/bin/env bash
# Everything that can be said about the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."

export DOCMILL_VENV=${DOCMILL_VENV:-$PWD/.local/venv}
tools=${DOCMILL_LINT_VENV:-$PWD/.local/lint-venv}
python=${PYTHON:-python3}
source infra/venv.sh

step() { printf '\n-- %s\n' "$*"; }

step "tools (infra/checks/requirements.txt, infra/local/requirements.txt)"
"$python" infra/local/stack.py setup
venv "$tools" infra/checks/requirements.txt

# First of all, since the site's program has the page in it.
step "page"
bash infra/web.sh

step "formatting"
cargo fmt --all --check

step "formatting, lints and types of web/"
npm --prefix web run --silent check

step "lints"
cargo clippy --locked --workspace --all-targets -- --deny warnings

step "documentation"
RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps --quiet

step "licences of what the pages have in them"
"$python" infra/checks/licences.py web/*/dist/licenses.json

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

step "descriptions of the API"
"$tools/bin/openapi-spec-validator" infra/openapi.yaml
npm --prefix web run --silent validate --workspace docs

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
