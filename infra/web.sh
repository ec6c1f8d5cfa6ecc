#!/usr/bin/env bash
# Builds the page and the viewers of the API's descriptions into web/app/dist and web/docs/dist, from where functions/site
# puts them into its program. Does nothing where nothing changed since.
#
#   ONLY=packages    only installs the packages: what checks and tests need
set -euo pipefail
cd "$(dirname "$0")/../web"

fail() {
    echo "docmill: $*" >&2
    exit 1
}

command -v node >/dev/null && command -v npm >/dev/null || fail "the page needs Node 20.19 or later and npm (https://nodejs.org)"
node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    fail "the page needs Node 20.19 or later, and this is $(node --version)"

sum() { sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }

# npm makes the folder anew; the mark goes with it.
packages=node_modules/.installed
wanted=$(printf '%s\0' package.json package-lock.json .npmrc */package.json | sum)
if [[ $(cat "$packages" 2>/dev/null) != "$wanted" ]]; then
    npm ci --no-audit --no-fund --silent || fail "npm ci failed in web/: \`npm install\` there brings package-lock.json up to date"
    echo "$wanted" >"$packages"
fi
[[ ${ONLY:-} != packages ]] || exit 0

# Samples are bundled for the tour, the descriptions are shown.
mark=node_modules/.built
sources=$(find . ../samples ../infra/openapi.yaml ../infra/asyncapi.yaml ../LICENSE \
    \( -name node_modules -o -name dist -o -name .git \) -prune -o -type f -print0 | sum)
if [[ $(cat "$mark" 2>/dev/null) != "$sources" || ! -e app/dist/index.html || ! -e docs/dist/docs.html ]]; then
    rm -f "$mark"
    npm run --silent build
    echo "$sources" >"$mark"
fi
