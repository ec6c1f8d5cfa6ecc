#!/usr/bin/env python3
"""Typesets the sample book and writes down what a reader of it must find.

    typeset.py --fonts DIR            write le-phare-de-kermor.pdf and .expected.json
    typeset.py --fonts DIR --check    compare with the files that are there, write nothing

DIR holds the two font files named in FONTS. The output depends on the source text, the fonts and the
versions in requirements.txt alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

from typesetting.expected import expectation
from typesetting.fonts import Face
from typesetting.layout import paginate
from typesetting.pdf import Press
from typesetting.source import read_book

HERE = Path(__file__).resolve().parent
NAME = "le-phare-de-kermor"
FONTS = {
    "EBGaramond-Regular": (
        "400Regular/EBGaramond_400Regular.ttf",
        "d5baed6e48bf4c99a770e6edc86ddaf67942bb1850491ed54f94d5c2c213531e",
    ),
    "EBGaramond-Italic": (
        "400Regular_Italic/EBGaramond_400Regular_Italic.ttf",
        "228da33df456ec4e0a149f33cfc2264d5bd500bdfcf55ee36710ca8df923cbd6",
    ),
}


def load_faces(directory: Path) -> list[Face]:
    """The two faces; ValueError if a file is not the one the sample was made with."""
    faces = []
    for name, (path, digest) in FONTS.items():
        file = directory / path
        if hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            raise ValueError(f"{file} is another version of the font")
        faces.append(Face(name, file))
    return faces


def make(fonts: Path) -> dict[str, bytes]:
    """The two files, by name."""
    roman, italic = load_faces(fonts)
    book = read_book(HERE / f"{NAME}.txt")
    pages = paginate(book, roman)
    expected = json.dumps(expectation(book, pages), ensure_ascii=False, indent=1) + "\n"
    return {
        f"{NAME}.pdf": Press(book, roman, italic).print(pages),
        f"{NAME}.expected.json": expected.encode("utf-8"),
    }


def main() -> int:
    """Exit status 1 if --check finds a file that differs."""
    parser = argparse.ArgumentParser(description="Typeset the sample book.")
    parser.add_argument("--fonts", type=Path, required=True, help="directory with the font files")
    parser.add_argument("--check", action="store_true", help="compare with the files that are there")
    options = parser.parse_args()
    status = 0
    for name, content in make(options.fonts).items():
        file = HERE / name
        if not options.check:
            file.write_bytes(content)
        elif not file.is_file() or file.read_bytes() != content:
            print(f"{name}: differs from what the source gives; run `make sample`", file=sys.stderr)
            status = 1
        print(f"{name}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()[:16]}")
    return status


if __name__ == "__main__":
    sys.exit(main())
