#!/usr/bin/env python3
"""What users ask for is read through `core::access::Doors`, which names the caller, and never from a store.

usage: doors.py      looks at the sources of the users' side
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What answers users. `access` is the doors themselves.
USERS_SIDE = [
    "crates/core/src/intake",
    "crates/core/src/live.rs",
    "functions/intake/src",
    "functions/socket/src",
    "functions/status/src",
]

# Reads that know no caller.
PAST_THE_DOORS = re.compile(
    r"\.\s*(?:jobs\s*\.\s*(?:get|list|running|due)|details\s*\.\s*details|events\s*\.\s*after|engine\s*\.\s*read)\s*\("
)


def violations(name: str, text: str):
    for match in PAST_THE_DOORS.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        call = re.sub(r"\s", "", match[0])
        yield f"{name}:{line}: `{call}` reads for nobody in particular; ask the doors"


def main():
    files = [path for place in USERS_SIDE for path in sorted((ROOT / place).rglob("*.rs") if (ROOT / place).is_dir()
                                                             else [ROOT / place])]
    found = [violation for path in files for violation in violations(str(path.relative_to(ROOT)), path.read_text())]
    if found:
        sys.exit("\n".join(found))
    print(f"doors: {len(files)} files of the users' side read through the doors only")


if __name__ == "__main__":
    main()
