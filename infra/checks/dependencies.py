#!/usr/bin/env python3
"""The rules of the house: dependencies point down, and the inner crates know nothing of AWS.

usage: dependencies.py      asks `cargo tree`
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The inner crates, and the crates of the workspace that each may use.
INNER = {
    "docmill-core": set(),
    "docmill-documents": {"docmill-core", "docmill-webp"},
    "docmill-pipelines": {"docmill-core", "docmill-documents", "docmill-webp"},
    "docmill-providers": {"docmill-core"},
    "docmill-sandbox": {"docmill-core"},
    "docmill-webp": set(),
}
FORBIDDEN = ("aws-", "aws_", "lambda_", "lambda-")


def tree(package: str) -> str:
    """Name and version of everything the package is built from, one a line; not what only its tests use."""
    command = ["cargo", "tree", "--locked", "--package", package, "--edges", "normal,build", "--prefix", "none"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"dependencies: cargo tree: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def violations(package: str, listing: str):
    names = {line.split()[0] for line in listing.splitlines() if line.strip()} - {package}
    forbidden = sorted(name for name in names if name.startswith(FORBIDDEN))
    if forbidden:
        yield f"{package} must know nothing of AWS, but depends on {', '.join(forbidden)}"
    upward = sorted(name for name in names if name.startswith("docmill-") and name not in INNER[package])
    if upward:
        yield f"{package} must not depend on {', '.join(upward)}"


def main():
    found = [violation for package in INNER for violation in violations(package, tree(package))]
    if found:
        sys.exit("dependencies: " + "; ".join(found))
    print(f"dependencies: {', '.join(INNER)} know nothing of AWS and of what is above them")


if __name__ == "__main__":
    main()
