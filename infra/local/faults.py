"""A proxy between the functions and the emulator that throttles, fails and cuts off requests as AWS does, by the rules
that are posted to its control address (PyPI `microburst`). Without rules it passes everything on."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import emulator
from settings import ENDPOINT, HOST, LOG_FILE, STATE, Failure

PID_FILE = STATE / "faults.pid"
START_LIMIT_S = 15


def start():
    """Starts the proxy on a free port and returns its address."""
    stop()
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    url = f"http://{HOST}:{port}"
    LOG_FILE.parent.mkdir(parents=True, exist_ok=True)
    with LOG_FILE.with_name("faults.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("launch_proxy.py")),
             "--host", HOST, "--port", str(port), "--upstream", ENDPOINT, "--no-resign"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    record = {"pid": process.pid, "started": emulator.started_at(process.pid), "url": url}
    PID_FILE.write_text(json.dumps(record))
    deadline = time.monotonic() + START_LIMIT_S
    while not answers(url):
        if process.poll() is not None:
            raise Failure(f"the proxy ended at once, see {log.name}")
        if time.monotonic() > deadline:
            stop()
            raise Failure(f"the proxy did not answer within {START_LIMIT_S} s, see {log.name}")
        time.sleep(0.05)
    return url


def answers(url):
    try:
        with urllib.request.urlopen(f"{url}/_microburst/health", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def find():
    """The record of the running proxy, or None."""
    return emulator.find(PID_FILE)


def stop():
    if running := find():
        emulator.end(running["pid"])
    PID_FILE.unlink(missing_ok=True)
