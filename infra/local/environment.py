"""The virtual environment of the local stack. Standard library only; runs under the system's Python."""

import hashlib
import importlib.util
import os
import subprocess
import sys

from settings import MIN_PYTHON, REQUIREMENTS, VENV, Failure


def check_python():
    if sys.version_info < MIN_PYTHON:
        have = ".".join(map(str, sys.version_info[:3]))
        need = ".".join(map(str, MIN_PYTHON))
        raise Failure(f"Python {need} or newer is needed, this is {have}: set PYTHON=python3.x in the make command")


def run_in_venv():
    """Makes the environment when the pinned requirements changed, then replaces this process by its Python."""
    check_python()
    python = VENV / "bin" / "python"
    stamp = VENV / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        make_venv(python)
        stamp.write_text(wanted)
    if os.environ.get("DOCMILL_IN_VENV") != str(VENV):
        os.environ["DOCMILL_IN_VENV"] = str(VENV)
        os.execv(python, [str(python), *sys.argv])


def make_venv(python):
    if importlib.util.find_spec("ensurepip") is None:
        raise Failure("this Python cannot make virtual environments: install its venv module (Debian: python3-venv)")
    print(f"Installing the local AWS into {VENV} (once) ...", file=sys.stderr)
    run([sys.executable, "-m", "venv", "--clear", str(VENV)], "the virtual environment could not be made")
    run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", str(REQUIREMENTS)],
        "the packages of infra/local/requirements.txt could not be installed")


def run(command, what):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Failure(f"{what}: {lines[-1] if lines else 'no message'}")
