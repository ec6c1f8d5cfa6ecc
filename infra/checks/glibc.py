#!/usr/bin/env python3
"""No bootstrap may need a newer glibc than the functions' runtime has.

`provided.al2023` is Amazon Linux 2023 with glibc 2.34. A binary that was linked on a newer system may ask for newer
symbol versions and then fails at its first start on AWS, but not here.

usage: glibc.py [BOOTSTRAP ...]      without arguments: target/lambda/*/bootstrap
"""

import struct
import sys
from pathlib import Path

NEWEST = (2, 34)
ROOT = Path(__file__).resolve().parents[2]
SHT_GNU_VERNEED = 0x6FFFFFFE


def needed_versions(elf: bytes) -> set[str]:
    """The symbol versions (`GLIBC_2.34`, `GCC_3.0`, ...) that a 64-bit little-endian ELF file asks its libraries for.

    They stand in the section of type SHT_GNU_VERNEED: a chain of files, each with a chain of versions, the names in
    the string table that the section links to.
    """
    if elf[:6] != b"\x7fELF\x02\x01":
        raise ValueError("no 64-bit little-endian ELF file")
    table_at, = struct.unpack_from("<Q", elf, 40)
    entry_size, entries = struct.unpack_from("<HH", elf, 58)
    # Of a section header: type, offset of the content, index of the linked section.
    sections = [struct.unpack_from("<4xI16xQ8xI", elf, table_at + n * entry_size) for n in range(entries)]
    found = set()
    for kind, offset, link in sections:
        if kind == SHT_GNU_VERNEED:
            found |= walk(elf, offset, names_at=sections[link][1])
    return found


def walk(elf: bytes, at: int, names_at: int) -> set[str]:
    found = set()
    while True:
        version_at, next_file = struct.unpack_from("<8xII", elf, at)
        version_at += at
        while True:
            name, next_version = struct.unpack_from("<8xII", elf, version_at)
            end = elf.index(b"\0", names_at + name)
            found.add(elf[names_at + name:end].decode())
            if not next_version:
                break
            version_at += next_version
        if not next_file:
            return found
        at += next_file


def newest_glibc(elf: bytes) -> tuple[int, ...]:
    """The newest glibc that the file asks for; (0,) when it is linked statically."""
    numbers = [version.removeprefix("GLIBC_") for version in needed_versions(elf) if version.startswith("GLIBC_2")]
    return max((tuple(map(int, number.split("."))) for number in numbers), default=(0,))


def main(paths):
    bootstraps = [Path(path) for path in paths] or sorted(ROOT.glob("target/lambda/*/bootstrap"))
    if not bootstraps:
        sys.exit("glibc: there is no bootstrap to check: run `make build`")
    for bootstrap in bootstraps:
        try:
            newest = newest_glibc(bootstrap.read_bytes())
        except (OSError, ValueError) as error:
            sys.exit(f"glibc: {bootstrap}: {error}")
        if newest > NEWEST:
            sys.exit(f"glibc: {bootstrap} needs glibc {'.'.join(map(str, newest))}, but the functions' runtime has "
                     f"{'.'.join(map(str, NEWEST))}: build it with cargo-lambda, or on an older system")
    print(f"glibc: {len(bootstraps)} bootstraps need no glibc newer than {'.'.join(map(str, NEWEST))}")


if __name__ == "__main__":
    main(sys.argv[1:])
