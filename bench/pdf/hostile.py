"""Sends every file of some folders to a running stack, one after the other, and prints how each ended and how long it took.

    make up && python3 bench/pdf/hostile.py FOLDER...

Exits 1 where a file did not end in a clear status: completed, failed with a code, or refused with one.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCMILL = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "docmill"
# Far above what the limits of a job's readers add up to.
LIMIT_S = 300


def ended(path):
    """How the file ended: a line for people, or None where that is not clear."""
    command = [DOCMILL, "submit", str(path), "--watch", "--json"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, cwd=ROOT)
    jobs = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    last = next((job for job in reversed(jobs) if "links" in job), None)
    if last is None:
        refusal = run.stderr.strip().rsplit("(", 1)
        return f"refused {refusal[1].rstrip(')')}" if len(refusal) == 2 and refusal[1].endswith(")") else None
    if last["status"] == "failed":
        return f"failed {last['error']['code']}" if last["error"] else None
    warnings = sorted({warning["code"] for warning in last["warnings"]})
    return " ".join(["completed", last["outcome"], *warnings]) if last["status"] == "completed" else None


def main():
    files = sorted(path for folder in sys.argv[1:] for path in Path(folder).iterdir() if path.is_file())
    if not files:
        sys.exit(__doc__)
    ends, unclear = Counter(), []
    print("| file | end | s |\n|---|---|---:|")
    for path in files:
        began = time.monotonic()
        end = ended(path)
        print(f"| {path.name} | {end or 'unclear'} | {time.monotonic() - began:.1f} |", flush=True)
        ends[end or "unclear"] += 1
        if end is None:
            unclear.append(path.name)
    print()
    for end, count in ends.most_common():
        print(f"{count} {end}")
    if unclear:
        sys.exit(f"no clear end: {', '.join(unclear)}")


if __name__ == "__main__":
    main()
