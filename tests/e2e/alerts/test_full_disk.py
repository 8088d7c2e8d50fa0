"""A disk that others have filled: people hear of it while it is full."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from alerting import BINARY, PATIENCE, SHORT, Alerting, eventually
from receiver import Receiver

CONFIG = """
channels: [{{name: hook, kind: webhook, url: "{peer}/hook"}}]
alerts: {{{short}, evaluate_every: 1s}}
incidents: {{notify: [hook]}}
"""
DISK = "160m"  # a file system of the server's own
IN_ITS_OWN = """#!/bin/sh
# Its data folder is a small disk, in a name space that nobody else sees.
exec unshare --user --map-root-user --mount sh -c 'mount -t tmpfs -o size={size} tmpfs "{data}" && exec "$@"' sh {binary} "$@"
"""


def can_mount():
    return subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"], capture_output=True).returncode == 0


class OnItsOwnDisk(Alerting):
    @property
    def disk(self):
        return pathlib.Path(f"/proc/{self.process.pid}/root{self.data}")

    @property
    def token(self):
        return (self.disk / "admin.token").read_text()


@unittest.skipUnless(shutil.which("unshare") and can_mount(), "no name spaces here, so no disk of its own")
class FullDisk(unittest.TestCase):
    def setUp(self):
        self.peer = Receiver()
        self.server = OnItsOwnDisk(CONFIG.format(peer=self.peer.url, short=SHORT))
        self.server.data.mkdir(parents=True, exist_ok=True)
        binary = self.server.folder / "in_its_own"
        binary.write_text(IN_ITS_OWN.format(size=DISK, data=self.server.data, binary=BINARY))
        binary.chmod(0o700)
        self.server.binary = str(binary)

    def tearDown(self):
        self.server.clean()
        self.peer.close()

    def test_people_are_told_while_it_is_full(self):
        self.server.start()
        disk = self.server.disk
        eventually(lambda: (disk / "reserve").exists(), PATIENCE)
        with open(disk / "of_others", "wb") as filler:
            with self.assertRaises(OSError):
                while True:
                    filler.write(bytes(1 << 20))
                    filler.flush()
        eventually(lambda: not (disk / "reserve").exists(), PATIENCE)
        told = eventually(lambda: [each for each in self.peer.seen("/hook") if "recorder" in str(each.body)], PATIENCE)
        self.assertEqual(told[0].data["mode"], "post")
        room = os.statvfs(disk)
        self.assertLess(room.f_bavail * room.f_frsize, 64 << 20, "it was told while there was no room for telemetry")
        (disk / "of_others").unlink()
        eventually(lambda: self.server.get("/readyz").json()["ready"], PATIENCE)
        eventually(lambda: (disk / "reserve").exists(), PATIENCE)


if __name__ == "__main__":
    unittest.main()
