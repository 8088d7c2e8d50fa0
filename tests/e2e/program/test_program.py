"""The program as a newcomer and a script meet it: start, look, ask, kill, start again."""
import json
import os
import pathlib
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from nightshift import Nightshift, eventually

BINARY = os.environ["NIGHTSHIFT_BINARY"]
SECRET = "sk-ant-api03-" + "Zk9" * 24


# With it, every route is there; nobody answers behind it.
GATEWAY = """
gateway:
  providers: [{name: nobody, kind: ollama, url: "http://127.0.0.1:9"}]
  routes: [{name: fast, targets: [{provider: nobody, model: any}]}]
"""


def now_us():
    return int(time.time() * 1e6)


def model_call(number, **members):
    return {
        "id": str(number),
        "time_us": now_us(),
        "kind": "model_call",
        "status": "ok",
        "agent": "scribe",
        "session": "scribe-1",
        "model": "gpt-5-mini",
        "input_tokens": 100,
        "output_tokens": 10,
        "duration_us": 250000,
        **members,
    }


class RunningServer(unittest.TestCase):
    """Tests that share one server."""

    @classmethod
    def setUpClass(cls):
        cls.server = Nightshift(BINARY, GATEWAY).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()

    def test_first_token_is_for_its_owner_only(self):
        mode = stat.S_IMODE(os.stat(self.server.data / "admin.token").st_mode)
        self.assertEqual(mode, 0o600)
        self.assertEqual(self.server.get("/api/v1/whoami").json()["scopes"], ["admin"])

    def test_health_is_open_and_the_rest_is_not(self):
        for path in ("/healthz", "/readyz", "/openapi.json", "/"):
            self.assertEqual(self.server.get(path, token=None).status, 200, path)
        for path in ("/api/v1/agents", "/api/v1/system", "/api/v1/events", "/metrics", "/api/v1/live"):
            answer = self.server.get(path, token=None)
            self.assertEqual(answer.status, 401, path)
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")

    def test_pages_of_other_sites_are_refused(self):
        self.assertEqual(self.server.get("/healthz", headers={"Host": "evil.example"}).status, 403)
        self.assertEqual(self.server.post("/api/v1/login", {"token": "x"}, headers={"Origin": "http://evil.example"}).status, 403)

    def test_browser_logs_in_with_a_cookie_that_scripts_cannot_read(self):
        answer = self.server.post("/api/v1/login", {"token": self.server.token}, token=None)
        self.assertEqual(answer.status, 204)
        cookie = answer.headers["Set-Cookie"]
        self.assertIn("HttpOnly", cookie)
        self.assertIn("SameSite=Strict", cookie)
        again = self.server.get("/api/v1/whoami", token=None, headers={"Cookie": cookie.split(";")[0]})
        self.assertEqual(again.status, 200)

    def test_event_is_counted_once_however_often_it_is_sent(self):
        events = [model_call(f"once-{i}", agent="counter", session="counter-1") for i in range(5)]
        self.assertEqual(self.server.send_events(*events).json()["accepted"], 5)
        again = self.server.send_events(*events).json()
        self.assertEqual((again["accepted"], again["duplicates"]), (0, 5))
        rows = self.server.query(["count", "sum(input_tokens)"], where="agent = counter")
        self.assertEqual(rows, [[5, 500]])

    def test_fleet_follows_events(self):
        self.server.send_events(model_call("fleet-1", agent="follower", session="follower-1"))
        agent = eventually(lambda: self.server.get("/api/v1/agents/follower").json() if self.server.get("/api/v1/agents/follower").status == 200 else False)
        self.assertEqual(agent["model_calls"], 1)
        for member in ("value", "since_ms", "as_of_ms", "source"):
            self.assertIn(member, agent["state"])
        session = self.server.get("/api/v1/sessions/follower-1").json()
        self.assertEqual(session["agent"], "follower")
        self.assertEqual(session["tokens"]["input"], 100)

    def test_list_answers_304_when_nothing_changed(self):
        self.server.send_events(model_call("etag", agent="tagged", session="tagged-1"))
        eventually(lambda: self.server.get("/api/v1/sessions?agent=tagged").json()["total"] == 1)
        first = self.server.get("/api/v1/sessions?agent=tagged")
        second = self.server.get("/api/v1/sessions?agent=tagged", headers={"If-None-Match": first.headers["ETag"]})
        self.assertIn(second.status, (200, 304))
        if second.status == 304:
            self.assertEqual(second.body, b"")

    def test_garbage_is_refused_and_harms_nobody(self):
        deep = "[" * 5000 + "]" * 5000
        for path in ("/api/v1/query", "/api/v1/tokens", "/api/v1/login", "/v1/traces", "/v1/logs", "/v1/metrics"):
            for body in ("{", "null", "[]", deep, "\x00\xff", '{"from_ms":"x"}', '{"aggregates":[1]}'):
                answer = self.server.post(path, body, headers={"Content-Type": "application/json"})
                self.assertLess(answer.status, 500, (path, body[:20], answer.body))
        answer = self.server.post("/api/v1/query", {"where": "agent = = x"})
        self.assertEqual(answer.status, 400)
        self.assertTrue(answer.json()["detail"])
        lines = self.server.post("/api/v1/events", 'no json\n{"kind":"nonsense"}\n' + json.dumps(model_call("good")) + "\n",
                                 headers={"Content-Type": "application/x-ndjson"}).json()
        self.assertEqual((lines["accepted"], [each["line"] for each in lines["rejected"]]), (1, [1, 2]))
        self.assertEqual(self.server.get("/readyz").status, 200)

    def test_half_a_request_does_not_hold_up_others(self):
        with socket.create_connection(("127.0.0.1", self.server.port)) as half:
            half.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le")
            self.assertEqual(self.server.get("/healthz").status, 200)

    def test_otlp_port_takes_only_otlp(self):
        body = {"resourceSpans": []}
        self.assertEqual(self.server.post("/v1/traces", body, token=None, port=self.server.otlp_port).status, 200)
        self.assertEqual(self.server.get("/api/v1/agents", port=self.server.otlp_port).status, 404)

    def test_tenants_see_only_their_own(self):
        created = self.server.post("/api/v1/tokens", {"name": "other", "tenant": "other", "scopes": ["read", "ingest"]}).json()
        other = created["token"]
        self.server.send_events(model_call("mine", agent="private", session="private-1"))
        self.server.send_events(model_call("theirs", agent="foreign", session="foreign-1"), token=other)
        rows = self.server.post("/api/v1/query", {"aggregates": ["count"], "group_by": ["agent"]}, token=other).json()["rows"]
        self.assertEqual(rows, [["foreign", 1]])
        eventually(lambda: self.server.get("/api/v1/agents", token=other).json()["total"] == 1)
        self.assertEqual(self.server.get("/api/v1/agents/private", token=other).status, 404)
        self.assertEqual(self.server.post("/api/v1/tokens", {"name": "x", "scopes": ["read"]}, token=other).status, 403)
        self.assertEqual(self.server.request("DELETE", f"/api/v1/tokens/{created['id']}").status, 204)
        self.assertEqual(self.server.get("/api/v1/agents", token=other).status, 401)

    def test_secrets_never_reach_the_disk(self):
        self.server.send_events(model_call("leak", attributes={"note": f"my key is {SECRET}", "password": "hunter2-hunter2"}))
        spans = {"resourceSpans": [{"scopeSpans": [{"spans": [{
            "traceId": "ab" * 16, "spanId": "cd" * 8, "name": "x", "startTimeUnixNano": str(now_us() * 1000),
            "endTimeUnixNano": str(now_us() * 1000), "attributes": [{"key": "header", "value": {"stringValue": f"Bearer {SECRET}"}}]}]}]}]}
        self.assertEqual(self.server.post("/v1/traces", spans).status, 200)
        item = self.server.get("/api/v1/events?q=my%20key").json()["items"][0]
        self.assertIn("[redacted", json.dumps(item))
        for path in self.server.data.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                self.assertNotIn(SECRET.encode(), content, path)
                self.assertNotIn(b"hunter2-hunter2", content, path)

    def test_exports_stream_every_event(self):
        self.server.send_events(*[model_call(f"export-{i}", agent="exporter", session="exporter-1") for i in range(3000)])
        lines = self.server.get("/api/v1/events?agent=exporter&format=ndjson").body.decode().splitlines()
        self.assertEqual(len({json.loads(line)["id"] for line in lines}), 3000)
        rows = self.server.get("/api/v1/events?agent=exporter&format=csv").body.decode().splitlines()
        self.assertEqual(len(rows), 3001)

    def test_pages_of_events_join_without_gap_or_double(self):
        self.server.send_events(*[model_call(f"page-{i}", agent="pager", session="pager-1", time_us=1_700_000_000_000_000 + i) for i in range(25)])
        seen, cursor = [], ""
        while True:
            page = self.server.get(f"/api/v1/events?agent=pager&limit=10&order=asc&cursor={cursor}").json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if not cursor:
                break
        self.assertEqual(seen, [f"page-{i}" for i in range(25)])

    def test_live_stream_tells_snapshot_then_changes(self):
        request = urllib.request.Request(f"{self.server.url}/api/v1/live?topics=fleet,events",
                                         headers={"Authorization": f"Bearer {self.server.token}", "Accept": "text/event-stream"})
        with urllib.request.urlopen(request, timeout=20) as stream:
            types, deadline = set(), time.monotonic() + 30
            self.server.send_events(model_call("live", agent="lively", session="lively-1"))
            for raw in stream:
                self.assertLess(time.monotonic(), deadline, types)
                if not raw.startswith(b"data:"):
                    continue
                frame = json.loads(raw[5:])
                types.add(frame["type"])
                if frame["type"] in ("delta", "snapshot") and frame["topic"] == "events":
                    if any(item["id"].startswith("live") for item in frame["items"]):
                        break
                self.server.send_events(model_call(f"live-{time.time()}", agent="lively", session="lively-1"))
        self.assertIn("hello", types)
        self.assertIn("snapshot", types)

    def test_openapi_lists_what_the_server_answers(self):
        document = json.loads(self.server.get("/openapi.json", token=None).body)
        for path, operations in document["paths"].items():
            for method in operations:
                if path == "/api/v1/live":
                    continue
                answer = self.server.request(method.upper(), re.sub(r"{\w+}", "none", path), headers={"Accept": "application/json"},
                                             body=b"" if method in ("post", "put") else None)
                self.assertNotEqual(answer.status, 405, (method, path))
                if answer.status == 404 and "json" in answer.headers["Content-Type"]:
                    said = answer.json()  # Alertmanager's errors are a JSON text
                    self.assertNotIn("there is no /", said if isinstance(said, str) else said.get("detail", ""), (method, path))

    def test_openapi_lists_every_route(self):
        document = json.loads(self.server.get("/openapi.json", token=None).body)
        rooms = pathlib.Path(__file__).parents[3] / "src/api"
        routes = set()
        for source in rooms.glob("*.cc"):
            if not source.name.endswith("_test.cc"):
                routes |= set(re.findall(r'"(/(?:api|v1|ping)/[\w/{}]+|/\w+|/openapi\.json)"', source.read_text()))
        self.assertGreater(len(routes), 30)
        routes.discard("/openai")  # stands before routes that are listed without it
        self.assertEqual(routes - set(document["paths"]), set())

    def test_examples_of_the_documents_are_good_configurations(self):
        documents = pathlib.Path(__file__).parents[3] / "docs"
        checked = 0
        for name in ("jobs.md", "configuration.md", "alerts.md"):
            text = (documents / name).read_text()
            blocks = re.findall(r"```yaml\n(.*?)```", text, re.S)
            blocks += [textwrap.dedent(each) for each in re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.M)]
            for block in blocks:
                if not re.match(r"\s*(server|channels|jobs|alerts):", block):
                    continue
                path = self.server.folder / "example.yaml"
                path.write_text(block)
                named = {each: "x" for each in re.findall(r"\${(\w+)}", block)}
                answer = subprocess.run([BINARY, "config", "check", str(path)], capture_output=True, text=True, env={**os.environ, **named})
                self.assertEqual(answer.returncode, 0, f"{name}: {answer.stdout}{answer.stderr}\n{block}")
                checked += 1
        self.assertGreaterEqual(checked, 5)

    def test_schema_knows_no_key_that_the_program_does_not(self):
        schema = json.loads((pathlib.Path(__file__).parents[3] / "docs/nightshift.schema.json").read_text())
        sources = set(schema["$defs"]["source"]["properties"])
        actions = [each["required"][0] for each in schema["$defs"]["job"]["oneOf"]]

        def alternatives(properties):
            """A mapping of one source or of one action has all keys, but only one of those."""
            if "oneOf" not in properties and sources <= set(properties):
                return [set(properties) - sources | {each} for each in sources]
            if "watch" in properties:
                return [set(properties) - set(actions) | {"command"}] + [{"name", each} for each in actions]
            return [set(properties)]

        def examples(of, inside=()):
            """Values with every key that the schema has; the values themselves may be wrong."""
            if "$ref" in of:
                name = of["$ref"].split("/")[-1]
                return [] if name in inside else examples(schema["$defs"][name], (*inside, name))
            if "properties" in of:
                properties = of["properties"]
                return [{key: examples(properties[key], inside)[0] for key in sorted(keys)} for keys in alternatives(properties)]
            if "oneOf" in of:
                return examples(of["oneOf"][0], inside)
            kinds = of.get("type", "string")
            if kinds in ("array", ["string", "array"]):
                return [examples(of["items"], inside)]
            return [{}] if kinds == "object" else ["x"]

        whole = examples(schema)[0]
        self.assertEqual(len(whole["jobs"]), 1 + len(actions))
        self.assertEqual(len(whole["jobs"][0]["expect"]), len(sources))
        path = self.server.folder / "every-key.yaml"
        path.write_text(json.dumps(whole))
        answer = subprocess.run([BINARY, "config", "check", str(path)], capture_output=True, text=True)
        self.assertNotEqual(answer.returncode, 0)
        said = (answer.stdout + answer.stderr).split("\n")
        self.assertGreater(len([line for line in said if "must be" in line]), 30)
        unknown = re.compile("is not a key I know|is no known key|is not a key of")
        self.assertEqual([line for line in said if unknown.search(line)], [])

    def test_metrics_are_prometheus_text(self):
        text = self.server.get("/metrics").body.decode()
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                self.assertTrue(name.startswith("nightshift_"), line)
                float(value)
        self.assertIn("nightshift_recorder_events_total", text)

    def test_command_line_says_what_the_api_says(self):
        self.server.send_events(model_call("cli", agent="terminal", session="terminal-1"))
        eventually(lambda: "terminal" in self.server.cli("agents").stdout)
        self.assertIn("terminal-1", self.server.cli("sessions").stdout)
        self.assertTrue(any(item["id"] == "terminal" for item in json.loads(self.server.cli("agents", "--json").stdout)["items"]))
        self.assertIn("terminal", self.server.cli("query", "count", "--by", "agent").stdout)
        self.assertIn("model_call", self.server.cli("tail", "--no-follow", "--agent", "terminal").stdout)
        self.assertIn("tokens/min", self.server.cli("status").stdout)
        self.assertEqual(self.server.cli("doctor").returncode, 0)
        created = self.server.cli("token", "create", "ci", "--scopes", "read").stdout.strip()
        self.assertEqual(self.server.cli("agents", token=created).returncode, 0)
        self.assertEqual(self.server.cli("token", "list", token=created).returncode, 3)

    def test_command_line_exit_codes(self):
        self.assertEqual(self.server.cli("agents", token="wrong").returncode, 3)
        self.assertEqual(self.server.cli("agents", url="http://127.0.0.1:1").returncode, 5)
        self.assertEqual(self.server.cli("nonsense").returncode, 2)
        self.assertEqual(self.server.cli("query", "--where", "agent = = x").returncode, 2)


class Restarts(unittest.TestCase):
    def setUp(self):
        self.server = Nightshift(BINARY)
        self.addCleanup(self.server.clean)

    def test_nothing_acknowledged_is_lost_or_doubled_by_kill(self):
        self.server.start()
        for round_number in range(4):
            acknowledged = self.server.send_events(*[model_call(f"kill-{round_number}-{i}") for i in range(50)])
            self.assertEqual(acknowledged.json()["accepted"], 50)
            self.server.kill()
            self.server.start()
            again = self.server.send_events(*[model_call(f"kill-{round_number}-{i}") for i in range(50)]).json()
            self.assertEqual(again["duplicates"], 50)
        self.assertEqual(self.server.query(["count"]), [[200]])
        session = eventually(lambda: self.server.get("/api/v1/sessions/scribe-1").json())
        self.assertEqual(session["model_calls"], 200)

    def test_state_is_right_after_an_orderly_restart(self):
        self.server.start()
        self.server.send_events(model_call(1), {"id": "ask", "time_us": now_us(), "kind": "approval", "status": "running",
                                                "name": "deploy", "agent": "scribe", "session": "scribe-1"})
        eventually(lambda: self.server.get("/api/v1/sessions/scribe-1").json()["state"]["value"] == "waiting_approval")
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        session = eventually(lambda: self.server.get("/api/v1/sessions/scribe-1").json())
        self.assertEqual(session["state"]["value"], "waiting_approval")

    def test_a_crash_leaves_no_dump_with_keys_in_it(self):
        self.server.start()
        pid = self.server.process.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_CORE)
        resource.prlimit(pid, resource.RLIMIT_CORE, (most, most))
        os.kill(pid, signal.SIGABRT)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.WTERMSIG(status), signal.SIGABRT)
        self.assertFalse(os.WCOREDUMP(status))
        self.assertEqual([each.name for each in self.server.folder.glob("core*")], [])
        self.server.process.returncode = -signal.SIGABRT

    def test_second_server_on_the_same_folder_is_refused(self):
        self.server.start()
        second = subprocess.run([BINARY, "up", "--data", str(self.server.data), "--listen", "127.0.0.1:0", "--otlp", "off"],
                                capture_output=True, text=True, timeout=20)
        self.assertEqual(second.returncode, 1)
        self.assertIn("in use by another", second.stderr)

    def test_taken_port_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            ended = subprocess.run([BINARY, "up", "--data", str(self.server.data), "--listen", f"127.0.0.1:{port}", "--otlp", "off"],
                                   capture_output=True, text=True, timeout=20)
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn(str(port), ended.stderr)

    def test_bad_config_lists_every_problem(self):
        path = self.server.folder / "bad.yaml"
        path.write_text("recorder: {retian: 7d}\nsources: {openclaw: [{url: ws://x, token: abc}]}\n")
        ended = subprocess.run([BINARY, "up", "--data", str(self.server.data), "--config", str(path)], capture_output=True, text=True, timeout=20)
        self.assertEqual(ended.returncode, 2)
        self.assertIn("did you mean retain?", ended.stderr)
        self.assertIn("must not stand in the file", ended.stderr)
        self.assertEqual(subprocess.run([BINARY, "config", "check", str(path)], capture_output=True).returncode, 1)

    def test_content_is_kept_only_when_configured(self):
        for config, status in ((None, 404), ("recorder: {keep_content: true}\n", 200)):
            server = Nightshift(BINARY, config)
            self.addCleanup(server.clean)
            server.start()
            server.send_events(model_call("talk", content={"prompt": "what the moon said"}))
            self.assertEqual(server.get("/api/v1/events/talk/content").status, status)
            server.stop()
            found = any(b"what the moon said" in path.read_bytes() for path in server.data.rglob("*") if path.is_file())
            self.assertEqual(found and status == 404, False)


class Demo(unittest.TestCase):
    def test_simulated_fleet_shows_each_state_within_a_minute(self):
        server = Nightshift(BINARY).start()
        self.addCleanup(server.clean)
        demo = subprocess.Popen([BINARY, "demo", "--seconds", "70"], stdout=subprocess.DEVNULL,
                                env={**os.environ, "NIGHTSHIFT_URL": server.url, "NIGHTSHIFT_TOKEN": server.token})
        self.addCleanup(lambda: (demo.terminate(), demo.wait()))

        def states():
            return {item["id"]: item["state"]["value"] for item in server.get("/api/v1/agents?limit=100").json()["items"]}

        for agent, wanted in (("demo-looper", {"looping"}), ("demo-stumbler", {"failed", "looping"}), ("demo-waiter", {"waiting_approval"}),
                              ("demo-throttled", {"rate_limited"})):
            eventually(lambda: states()[agent] in wanted, seconds=55)
        for agent in ("demo-researcher", "demo-builder", "demo-watcher", "demo-writer"):
            self.assertNotIn(states()[agent], ("looping", "failed", "stalled"), agent)
        items = server.get("/api/v1/agents?limit=100").json()["items"]
        self.assertTrue(all(item["simulated"] for item in items))
        attention = server.get("/api/v1/attention").json()["items"]
        loop = next(item for item in attention if item["kind"] == "looping" and item["agent"] == "demo-looper")
        self.assertGreaterEqual(loop["detection"]["count"], 3)
        self.assertIn("cat build/output.log", loop["detection"]["signature"])
        self.assertGreater(loop["detection"]["tokens"], 0)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed", file=sys.stderr)
    sys.exit(1 if failed else 0)
