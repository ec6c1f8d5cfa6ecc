#!/usr/bin/env python3
"""What the pages have in them of others may be passed on: each package's licence is a permissive one.

usage: licences.py LIST...      as the bundler writes them: JSON with name, version, identifier and text of each package
"""

import collections
import json
import sys
from pathlib import Path

# Another licence needs a decision, written down here.
ALLOWED = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "Unlicense", "Zlib"}
# Packages that name their licence and bring no text of it: the name has to do.
WITHOUT_TEXT = {"react-remove-scroll-bar", "wouter"}


def allowed(expression: str) -> bool:
    """Whether one side of an OR, and both of an AND, are allowed; an expression with more to it is not."""
    words = expression.replace("(", " ").replace(")", " ").split()
    if "AND" in words:
        return "OR" not in words and all(word in ALLOWED for word in words if word != "AND")
    return any(word in ALLOWED for word in words if word != "OR") and "WITH" not in words


def problems(packages):
    for package in packages:
        name = f"{package['name']} {package['version']}"
        identifier = package.get("identifier")
        if not identifier:
            yield f"{name} names no licence"
        elif not allowed(identifier):
            yield f"{name} is under {identifier}"
        if not (package.get("text") or "").strip() and package["name"] not in WITHOUT_TEXT:
            yield f"{name} brings no text of its licence"


def main(files):
    packages = {}
    for file in files:
        for package in json.loads(Path(file).read_text()):
            packages[package["name"], package["version"]] = package
    found = [f"licences: {problem}" for problem in problems(packages.values())]
    if not packages:
        found.append("licences: the lists are empty")
    if found:
        sys.exit("\n".join(found))
    counts = collections.Counter(package["identifier"] for package in packages.values())
    print(f"licences: {len(packages)} packages in the pages: "
          + ", ".join(f"{count} {identifier}" for identifier, count in counts.most_common()))


if __name__ == "__main__":
    main(sys.argv[1:])
