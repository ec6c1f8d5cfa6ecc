"""Starts microburst, the proxy that injects faults, with the corrections Docmill needs. Nothing in site-packages is
changed."""

import importlib.metadata
import logging
import sys

VERSION = "0.10.0"

installed = importlib.metadata.version("microburst")
if installed != VERSION:
    sys.exit(f"launch_proxy.py corrects microburst {VERSION}, but {installed} is installed: run `make clean up`")

from microburst import forward  # noqa: E402
from microburst.cli import main  # noqa: E402


def keep_length():
    """The proxy leaves Content-Length out and sends bodies in chunks. S3 says how long an object is."""
    forward.HOP_BY_HOP -= {"content-length"}


def keep_host():
    """The proxy names the upstream in Host. Host is signed, and a signed link is checked for it."""
    outbound = forward.Upstream._outbound_headers

    def with_host(self, request):
        return {**outbound(self, request), "host": request.host}

    forward.Upstream._outbound_headers = with_host


if __name__ == "__main__":
    keep_length()
    keep_host()
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    sys.exit(main())
