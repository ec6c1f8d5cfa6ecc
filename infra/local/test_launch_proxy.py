"""The corrections of launch_proxy.py do what they say. Run: python -m unittest discover -s infra/local"""

import sys
import types
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))

import launch_proxy  # noqa: E402
from microburst import forward  # noqa: E402


class Headers(unittest.TestCase):
    def setUp(self):
        for owner, name in ((forward, "HOP_BY_HOP"), (forward.Upstream, "_outbound_headers")):
            patch = mock.patch.object(owner, name, getattr(owner, name))
            patch.start()
            self.addCleanup(patch.stop)

    def outbound(self):
        headers = {"Host": "127.0.0.1:1", "Content-Length": "3", "Connection": "close"}
        request = types.SimpleNamespace(headers=headers, host=headers["Host"])
        upstream = types.SimpleNamespace(base_url="http://127.0.0.1:2")
        return forward.Upstream._outbound_headers(upstream, request)

    def test_the_proxy_still_needs_them(self):
        self.assertEqual(self.outbound(), {"host": "127.0.0.1:2"})

    def test_length_and_host_are_kept(self):
        launch_proxy.keep_length()
        launch_proxy.keep_host()
        self.assertEqual(self.outbound(), {"host": "127.0.0.1:1", "content-length": "3"})


if __name__ == "__main__":
    unittest.main()
