"""Where the local stack lives. Standard library only: this is read before there is a virtual environment.

Two stacks can run side by side when they differ in DOCMILL_PORT and DOCMILL_STATE; the tests use that.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")

# Everything that the local stack writes is below this folder: process id, logs, scratch files, stack.env.
STATE = Path(os.environ.get("DOCMILL_STATE") or ROOT / ".local").absolute()
VENV = Path(os.environ.get("DOCMILL_VENV") or ROOT / ".local" / "venv").absolute()
STACK_ENV = STATE / "stack.env"
PID_FILE = STATE / "emulator.pid"
LOG_FILE = STATE / "log" / "emulator.log"
SCRATCH = STATE / "scratch"

HOST = "127.0.0.1"
PORT = int(os.environ.get("DOCMILL_PORT") or 4566)
ENDPOINT = f"http://{HOST}:{PORT}"
REGION = "us-east-1"
STACK = os.environ.get("DOCMILL_STACK") or "docmill"

MINISTACK_VERSION = "1.5.33"
MIN_PYTHON = (3, 10)


class Failure(Exception):
    """Something the person at the keyboard can act on: one line, shown without a traceback."""
