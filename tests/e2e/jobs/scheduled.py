"""A server with scheduled work, for tests, and the ways to it."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "program"))
from nightshift import Nightshift, eventually

BINARY = os.environ["NIGHTSHIFT_BINARY"]
PATIENCE = 90  # seconds; nothing here is timed, this only ends a test that hangs

# Waits for a file, so that a test decides when the run ends.
HELD = "echo ran >> ran; until [ -e go ]; do sleep 0.1; done; echo done > done"


def folder(parent, name):
    made = pathlib.Path(parent) / name
    made.mkdir(exist_ok=True)
    return made


def curl(*arguments, body=None):
    """As crontabs call it."""
    return subprocess.run(["curl", "-fsS", "-m", "20", "--retry", "3", *arguments], input=body, capture_output=True, text=True)


class Scheduled(Nightshift):
    """A server with jobs."""

    def __init__(self, config=None, **members):
        self.root = tempfile.mkdtemp(prefix="nightshift-jobs-")
        super().__init__(BINARY, data=self.root)
        self.work = folder(self.root, "work")
        self.config = config.format(work=self.work, **members) if config else None

    def clean(self):
        # Whatever still waits may end.
        for held in pathlib.Path(self.root).glob("*/ran"):
            (held.parent / "go").touch()
        super().clean()

    def run_now(self, job):
        answer = self.post(f"/api/v1/jobs/{job}/run")
        assert answer.status == 202, answer.body
        return answer.json()["occurrence"]

    def occurrence(self, occurrence):
        answer = self.get(f"/api/v1/occurrences/{urllib.parse.quote(occurrence)}")
        assert answer.status == 200, answer.body
        return answer.json()

    def verdict(self, occurrence):
        """Waits for it."""

        def look():
            seen = self.occurrence(occurrence)
            assert seen["verdict"], seen
            return seen

        return eventually(look, PATIENCE)

    def newest(self, job):
        items = self.get(f"/api/v1/occurrences?job={job}&until_ms={int(time.time() * 1000)}").json()["items"]
        return items[0] if items else None

    def job(self, name):
        answer = self.get(f"/api/v1/jobs/{name}")
        assert answer.status == 200, answer.body
        return answer.json()

    def audit(self):
        """The first one made after now."""
        asked_ms = int(time.time() * 1000)

        def look():
            audit = self.get("/api/v1/jobs").json()["audit"]
            assert audit and audit["time_ms"] >= asked_ms, audit
            return audit

        return eventually(look, PATIENCE)

    def log_text(self):
        return (self.folder / "log").read_text()
