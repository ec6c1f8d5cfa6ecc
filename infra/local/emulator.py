"""The emulator as a process: start, find, stop."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from settings import ENDPOINT, HOST, LOG_FILE, PID_FILE, PORT, REGION, SCRATCH, STACK_ENV, Failure

START_LIMIT_S = 30
STOP_LIMIT_S = 15


def start(auth, endpoint=ENDPOINT):
    """Starts the emulator, whose functions find AWS at `endpoint`, unless this stack's is running in the same mode already."""
    running = find()
    if running and (running["auth"], running.get("endpoint", ENDPOINT)) == (auth, endpoint):
        return False
    if running:
        stop()
    if port_is_taken():
        raise Failure(f"port {PORT} is taken by another program: stop it, or choose another port with DOCMILL_PORT=4567")
    for folder in (SCRATCH, LOG_FILE.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with LOG_FILE.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("launch.py"))],
            env=environment(auth, endpoint), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    record = {"pid": process.pid, "started": started_at(process.pid), "auth": auth, "endpoint": endpoint}
    PID_FILE.write_text(json.dumps(record))
    wait_until_healthy(process)
    return True


def environment(auth, endpoint=ENDPOINT):
    """What the emulator and, through it, the functions see. Nothing of the caller's AWS settings gets in: no program
    of the local stack can reach a real account by mistake."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
    return {
        **kept,
        "AUTH": "true" if auth else "false",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(PORT),
        "MINISTACK_HOST": HOST,
        # The functions' way to AWS; the emulator itself asks nobody.
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        # Both would listen on further ports.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # The emulator's own default is lower on a small machine; a burst would be throttled.
        "LAMBDA_ACCOUNT_CONCURRENCY": "200",
        "LOG_LEVEL": os.environ.get("DOCMILL_EMULATOR_LOG", "WARNING"),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(SCRATCH),
        "STATE_DIR": str(SCRATCH / "state"),
        "S3_DATA_DIR": str(SCRATCH / "s3"),
    }


def wait_until_healthy(process):
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failure(f"the emulator ended at once ({last_line()}), see {LOG_FILE}")
        if is_healthy():
            return
        time.sleep(0.05)
    stop()
    raise Failure(f"the emulator did not answer within {START_LIMIT_S} s, see {LOG_FILE}")


def is_healthy():
    try:
        with urllib.request.urlopen(f"{ENDPOINT}/_ministack/health", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def find(pid_file=PID_FILE):
    """The record of the running process, the emulator unless another file is named, or None. A process id that was given
    to another process does not count."""
    try:
        record = json.loads(pid_file.read_text())
    except (OSError, ValueError):
        return None
    return record if record["started"] and started_at(record["pid"]) == record["started"] else None


def started_at(pid):
    """When the process was started, in the kernel's ticks, or None: with the id it names one process for good."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        # No /proc outside Linux: the id alone has to do.
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            return "running"
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state == "Z" else fields[18]


def stop():
    """Ends the emulator and every function process, and returns when the port is free again."""
    running = find()
    if running:
        end(running["pid"])
        deadline = time.monotonic() + STOP_LIMIT_S
        while port_is_taken() and time.monotonic() < deadline:
            time.sleep(0.05)
        if port_is_taken():
            raise Failure(f"port {PORT} is still taken after the emulator was stopped")
    for leftover in (PID_FILE, STACK_ENV):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(SCRATCH, ignore_errors=True)
    return bool(running)


def end(pid):
    """Ends a process that leads a group of its own, and the group."""
    began = started_at(pid)
    signal_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_LIMIT_S
    while began and started_at(pid) == began and time.monotonic() < deadline:
        reap(pid)
        time.sleep(0.05)
    # Whatever is left of the group: functions that ignored the signal.
    signal_group(pid, signal.SIGKILL)
    reap(pid)


def signal_group(pid, number):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def reap(pid):
    """Where the emulator was started by this very process, its end has to be collected."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def port_is_taken():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex((HOST, PORT)) == 0


def last_line():
    lines = LOG_FILE.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no output"
