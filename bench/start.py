"""Size of the function packages, and time from process start to the first poll of the runtime API.

    make package && python3 bench/start.py [--runs 20]

A stub of the Lambda runtime API listens on 127.0.0.1; each bootstrap is started with it and killed at its first poll.
Prints a Markdown table; exits 1 where a package is above 6 MB or a median is 20 ms or more.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAMBDA = ROOT / "target" / "lambda"
FUNCTIONS = ("intake", "status", "worker", "push", "callback", "socket", "sweep", "site")
MAX_ZIPPED_MB = 6.0
MAX_START_MS = 20.0

ENVIRONMENT = {
    **{f"DOCMILL_{name}_TABLE": name.lower() for name in ("JOBS", "EVENTS", "LIVE", "ACCOUNTS")},
    **{
        f"DOCMILL_{kind}_{name}_URL": "http://127.0.0.1:9/q"
        for kind in ("QUEUE", "DLQ")
        for name in ("HIGH", "NORMAL", "LOW", "CALLBACK")
    },
    "DOCMILL_BUCKET": "bucket",
    "DOCMILL_CALLBACK_URL": "http://127.0.0.1:9/live",
    "DOCMILL_CALLBACK_SECRET": "fedcba9876543210fedcba9876543210",
    "DOCMILL_WS_URL": "ws://127.0.0.1:9/live",
    "DOCMILL_STREAM_SECRET": "0123456789abcdef0123456789abcdef",
    "DOCMILL_ISSUER": "http://127.0.0.1:9/pool",
    "DOCMILL_CLIENT_ID": "client",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
    "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
}


def start_ms(bootstrap: Path) -> float:
    """One start: milliseconds from spawning the process to its first request to the runtime API."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        port = server.getsockname()[1]
        environment = {**os.environ, **ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}
        began = time.perf_counter()
        process = subprocess.Popen(
            [bootstrap], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                request = connection.recv(4096)
            took = (time.perf_counter() - began) * 1000
        finally:
            process.kill()
            process.wait()
    if b"/invocation/next" not in request:
        sys.exit(f"bench: {bootstrap} did not poll the runtime API: {request[:80]!r}")
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    print("| function | zipped MB | start to first poll, ms: median | min | max |")
    print("|---|---|---|---|---|")
    over = []
    for name in FUNCTIONS:
        bootstrap, package = LAMBDA / name / "bootstrap", LAMBDA / f"{name}.zip"
        if not package.is_file():
            sys.exit(f"bench: {package.relative_to(ROOT)} is missing: run `make package`")
        size_mb = package.stat().st_size / 1e6
        start_ms(bootstrap)
        times = [start_ms(bootstrap) for _ in range(runs)]
        median = statistics.median(times)
        print(f"| {name} | {size_mb:.2f} | {median:.1f} | {min(times):.1f} | {max(times):.1f} |")
        if size_mb > MAX_ZIPPED_MB or median >= MAX_START_MS:
            over.append(name)
    if over:
        sys.exit(f"bench: package or start above its limit: {', '.join(over)}")


if __name__ == "__main__":
    main()
