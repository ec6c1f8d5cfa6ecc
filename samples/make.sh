#!/usr/bin/env bash
# Typesets the sample book with the pinned tools and font, then once more to see that the bytes are the same.
set -euo pipefail
cd "$(dirname "$0")"

work=$(cd .. && pwd)/.local/sample
font=@expo-google-fonts/eb-garamond@0.4.3
export PYTHONDONTWRITEBYTECODE=1

command -v npm >/dev/null || { echo "docmill: npm is missing: it brings the font package $font" >&2; exit 1; }
mkdir -p "$work"
wanted=$(sha256sum requirements.txt | cut -d' ' -f1)
if [[ $(cat "$work/venv/requirements.sha256" 2>/dev/null) != "$wanted" ]]; then
    "${PYTHON:-python3}" -m venv --clear "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
    echo "$wanted" >"$work/venv/requirements.sha256"
fi
if [[ ! -d $work/package ]]; then
    archive=$(cd "$work" && npm pack --silent "$font")
    tar -xzf "$work/$archive" -C "$work"
fi

"$work/venv/bin/python" typeset.py --fonts "$work/package" "$@"
[[ " $* " == *" --check "* ]] || "$work/venv/bin/python" typeset.py --fonts "$work/package" --check >/dev/null
