#!/usr/bin/env python3
"""Every row of the threat model in SECURITY.md names a test or a rule, and each of them exists.

`file::function` is a test function in a Rust file of that name, or in a folder of that name;
`check.py: rule` a function of infra/checks.

usage: threats.py
"""

import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "SECURITY.md"
COLUMNS = ["asset", "attacker", "door", "lock", "test"]
PLACES = ("crates", "functions", "tests")
# With an attribute of its own, or public to a test program that calls it by its name.
TEST = re.compile(
    r"#\[(?:tokio::)?test\](?:\s*#\[[^\n]*)*\s*(?:async )?fn (\w+)|pub\(crate\) async fn (\w+)\(\) \{"
    # A rule of the conformance suite.
    r"|pub async fn (\w+)\(ports: &Ports\) \{"
)
NAMED = re.compile(r"`(?:(\w[\w-]*)::(\w+)|(\w+\.py): (\w+))`")


@cache
def tests():
    """(file or folder, function) of every test."""
    found = set()
    for place in PLACES:
        for path in (ROOT / place).rglob("*.rs"):
            for name in map("".join, TEST.findall(path.read_text())):
                found |= {(path.stem, name), *((folder, name) for folder in path.relative_to(ROOT).parts[:-1])}
    return found


@cache
def rules(check):
    path = ROOT / "infra" / "checks" / check
    return set(re.findall(r"^def (\w+)\(template", path.read_text(), re.MULTILINE)) if path.is_file() else set()


def rows(text):
    """Cells of each row of the tables with the model's columns."""
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if cells == COLUMNS:
            inside = True
        elif not cells:
            inside = False
        elif inside and not set(cells[0]) <= {"-", ":"}:
            yield cells


def violations(text):
    seen = 0
    for cells in rows(text):
        seen += 1
        if len(cells) != len(COLUMNS):
            yield f"a row has {len(cells)} cells: {cells[0]}"
            continue
        named = NAMED.findall(cells[-1])
        if not named:
            yield f"the row of {cells[0]} by {cells[1]} names no test"
        for file, function, check, rule in named:
            if file and (file, function) not in tests():
                yield f"there is no test {file}::{function}"
            if check and rule not in rules(check):
                yield f"there is no rule {rule} in {check}"
    if not seen:
        yield "the threat model has no row"


def main():
    found = list(violations(MODEL.read_text()))
    if found:
        sys.exit("threats: " + "; ".join(found))
    print("threats: every test and rule that SECURITY.md names exists")


if __name__ == "__main__":
    main()
