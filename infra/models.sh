#!/usr/bin/env bash
# Fetches the networks that read scans into .local/models (or the folder that DOCMILL_MODELS names), where the tests and
# the command line look for them. Does nothing where they are there already.
#
# PP-OCRv6 small by PaddleOCR, Apache-2.0, as ONNX files inside the PyPI package rapidocr. They are 31 MB, so they are not
# in the repository; what arrives is held to the sums below.
set -euo pipefail
cd "$(dirname "$0")/.."

package=rapidocr==3.10.0
folder=${DOCMILL_MODELS:-$PWD/.local/models}
python=${PYTHON:-python3}
sums='090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f  PP-OCRv6_det_small.onnx
6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884  PP-OCRv6_rec_small.onnx'

fail() {
    echo "docmill: $*" >&2
    exit 1
}

are_there() { (cd "$1" 2>/dev/null && sha256sum --check --status <<<"$sums"); }

are_there "$folder" && exit 0
command -v "$python" >/dev/null || fail "the models cannot be fetched: $python is missing"
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
# Debian's Python has pip in its environments only.
if ! "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv "$fetched/venv" || fail "the models cannot be fetched: install python3-venv"
    python=$fetched/venv/bin/python
fi
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$fetched" "$package" ||
    fail "the models cannot be fetched: pip could not download $package"
"$python" - "$fetched"/*.whl "$fetched" <<'PYTHON' || fail "the models cannot be fetched: $package has no such files"
import pathlib, sys, zipfile

wheel, folder = sys.argv[1:]
names = ["models/PP-OCRv6_det_small.onnx", "models/PP-OCRv6_rec_small.onnx"]
licence = "rapidocr-3.10.0.dist-info/licenses/MODEL_LICENSES.md"
with zipfile.ZipFile(wheel) as package:
    for name in [*(f"rapidocr/{name}" for name in names), licence]:
        pathlib.Path(folder, pathlib.PurePath(name).name).write_bytes(package.read(name))
PYTHON
are_there "$fetched" || fail "the models are not what was expected: $package has files with other checksums"
mkdir -p "$folder"
mv "$fetched"/*.onnx "$fetched"/MODEL_LICENSES.md "$folder"
echo "docmill: models in $folder"
