"""Zips the functions' code. The same bytes give the same archive, so its hash tells whether the code changed."""

import hashlib
import io
import os
import re
import zipfile
from pathlib import Path

from settings import ROOT, TEMPLATE, Failure

CODE_URI = re.compile(r"^(\s+CodeUri: )(target/lambda/([a-z]+)/)$", re.MULTILINE)


def functions():
    """Name and code folder of every function of the template, or of the same name below DOCMILL_BOOTSTRAPS."""
    instead = os.environ.get("DOCMILL_BOOTSTRAPS")
    found = {match[3]: Path(instead, match[3]) if instead else ROOT / match[2]
             for match in CODE_URI.finditer(TEMPLATE.read_text())}
    if not found:
        raise Failure("template.yaml names no code folder")
    return found


def archive(folder: Path, compress: bool) -> bytes:
    bootstrap = folder / "bootstrap"
    if not bootstrap.is_file():
        raise Failure(f"{bootstrap} is missing: run `make build`")
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100755 if path == bootstrap else 0o100644) << 16
            entry.compress_type = method
            packed.writestr(entry, path.read_bytes(), compresslevel=9 if compress else None)
    return buffer.getvalue()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def main():
    """Writes target/lambda/<name>.zip as it would be uploaded, and prints the sizes."""
    for name, folder in functions().items():
        data = archive(folder, compress=True)
        (folder.parent / f"{name}.zip").write_bytes(data)
        print(f"{name:7} {len(data) / 1e6:5.2f} MB zipped")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        raise SystemExit(f"docmill: {failure}") from None
