"""Starts the real program for a test and talks to it as a client would."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Nightshift:
    """One server on free ports with a data folder of its own."""

    def __init__(self, binary, config=None, data=None):
        self.binary = binary
        self.folder = pathlib.Path(data or tempfile.mkdtemp(prefix="nightshift-e2e-"))
        self.data = self.folder / "data"
        self.config = config
        self.listen = "127.0.0.1:0"
        self.process = None
        self.port = None
        self.otlp_port = None

    def start(self, *arguments, environment=None):
        command = [self.binary, "up", "--data", str(self.data), "--listen", self.listen, "--otlp", "127.0.0.1:0"]
        if self.config is not None:
            path = self.folder / "nightshift.yaml"
            path.write_text(self.config)
            command += ["--config", str(path)]
        with open(self.folder / "log", "a+") as log:
            start = log.tell()
            self.process = subprocess.Popen(
                command + list(arguments),
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **(environment or {})},
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            text = (self.folder / "log").read_text()[start:]
            served = re.search(r"serves http://127\.0\.0\.1:(\d+) and OTLP on port (\d+)", text)
            if served:
                self.port, self.otlp_port = int(served[1]), int(served[2])
                return self
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {text}")
            time.sleep(0.02)
        raise RuntimeError("the server did not say that it serves")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self):
        return (self.data / "admin.token").read_text()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)
        return self.process.returncode if self.process else 0

    def clean(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def request(self, method, path, body=None, headers=None, token=True, port=None):
        all_headers = dict(headers or {})
        if token:
            all_headers["Authorization"] = f"Bearer {self.token if token is True else token}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            all_headers.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port or self.port}{path}", data=body, headers=all_headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body=body, **options)

    def send_events(self, *events, **options):
        lines = "\n".join(json.dumps(event) for event in events) + "\n"
        return self.post("/api/v1/events", lines, headers={"Content-Type": "application/x-ndjson"}, **options)

    def query(self, aggregates, **members):
        answer = self.post("/api/v1/query", {"aggregates": aggregates, **members})
        assert answer.status == 200, answer.body
        return answer.json()["rows"]

    def cli(self, *arguments, token=True, url=None):
        environment = {**os.environ, "NIGHTSHIFT_URL": url or self.url}
        environment["NIGHTSHIFT_TOKEN"] = self.token if token is True else token or ""
        return subprocess.run([self.binary, *arguments], capture_output=True, text=True, env=environment, timeout=60)


def eventually(check, seconds=20):
    """Asks again until the check holds, and returns what it gave; the last failure is raised."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            result = check()
            if result or result is None:
                return result
            failure = AssertionError("it did not become true")
        except (AssertionError, KeyError, IndexError) as error:
            failure = error
        if time.monotonic() > deadline:
            raise failure
        time.sleep(0.1)
