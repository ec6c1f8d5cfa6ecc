"""How soon `start` answers for a picture of 5 MB, and how soon the first event behind it comes.

    make up
    python3 bench/timetable/start.py [RUNS]

Announces a picture, brings it, starts its job, waits for the next event, and cancels the job. Reads .local/stack.env, or what
DOCMILL_STACK_ENV names. Needs nothing but Python. Prints medians and the longest of the runs in milliseconds; exits 1 above
200 ms to the answer or 500 ms from there to the event. Pictures are of noise, so that nothing about them is cheap.
"""

import hashlib
import json
import os
import pathlib
import random
import statistics
import struct
import sys
import time
import urllib.error
import urllib.request
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOALS_MS = {"answer": 200, "first event": 500}
BYTES = 5_000_000


def settings():
    path = pathlib.Path(os.environ.get("DOCMILL_STACK_ENV", ROOT / ".local" / "stack.env"))
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs}


def picture(seed):
    """A PNG of about BYTES bytes."""
    side = int((BYTES / 3) ** 0.5)
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(side * 3) for _ in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


class Service:
    def __init__(self, values):
        self.url = values["DOCMILL_URL"].rstrip("/")
        self.token = values["DOCMILL_TOKEN"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read()
        return json.loads(text) if text else None


def bring(upload, data):
    """PUTs a file by its signed links; its parts with their tags."""
    parts = []
    for part in upload["parts"]:
        piece = data[part["offset"]:part["offset"] + part["size"]]
        request = urllib.request.Request(part["url"], piece, part["headers"], method="PUT")
        with urllib.request.urlopen(request, timeout=60) as response:
            parts.append({"number": part["number"], "etag": response.headers["ETag"]})
    return parts


def run(service, seed):
    data = picture(seed)
    described = {"name": "noise.png", "size": len(data), "content_type": "image/png",
                 "sha256": hashlib.sha256(data).hexdigest()}
    job = service.call("POST", "/v1/jobs", {"pipeline": "timetable", "files": [described]})
    brought = [(upload, bring(upload, data)) for upload in job["uploads"]]
    parts = [{"file": upload["file"], "parts": parts} for upload, parts in brought if upload["method"] == "multipart"]
    path = f"/v1/jobs/{job['job_id']}"
    sent = time.perf_counter()
    started = service.call("POST", f"{path}/start", {"files": parts})
    answered = time.perf_counter()
    service.call("GET", f"{path}/events?after={started['version']}&wait=10")
    heard = time.perf_counter()
    try:
        service.call("POST", f"{path}/cancel", {})
    except urllib.error.HTTPError:
        pass
    return {"answer": (answered - sent) * 1000, "first event": (heard - answered) * 1000}


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    service = Service(settings())
    # The first runs start processes.
    taken = [run(service, seed) for seed in range(runs + 2)][2:]
    failed = False
    print("| ms | median | longest | goal |\n|---|---:|---:|---:|")
    for name, goal in GOALS_MS.items():
        values = [one[name] for one in taken]
        print(f"| {name} | {statistics.median(values):.0f} | {max(values):.0f} | {goal} |")
        failed |= statistics.median(values) > goal
    sys.exit(failed)


if __name__ == "__main__":
    main()
