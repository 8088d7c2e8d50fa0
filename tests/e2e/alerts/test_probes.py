"""Health checks that lie: a 200 with a wrong answer is failing, told, and well again only when the answer is."""
import http.server
import json
import pathlib
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from alerting import PATIENCE, Alerting, eventually
from receiver import Receiver

CONFIG = """
channels: [{{name: hook, kind: webhook, url: "{peer}/hook"}}]
alerts:
  wait: {{info: 1s, warning: 1s, critical: 1s}}
  interval: 1s
  evaluate_every: 1s
incidents: {{notify: [hook]}}
probes:
  - name: {prefix}-lying
    every: 1s
    subject: provider orders
    labels: {{team: night}}
    http:
      url: "{endpoint}/lying"
      headers: {{Authorization: "Bearer ${{PROBE_TOKEN}}"}}
      expect: {{status: 200, json: {{database: up}}, max_age: {{at: 1h}}}}
  - {{name: {prefix}-seldom, every: 1h, http: {{url: "{endpoint}/seldom", expect: {{contains: fine}}}}}}
  - {{name: {prefix}-stale, every: 1s, stale_after: 2s, http: {{url: "{endpoint}/stale", expect: {{contains: fine}}}}}}
  - {{name: {prefix}-missing, every: 1s, command: [/no/such/program]}}
  - {{name: {prefix}-shell, every: 1s, command: 'echo "${{WORD}}"; test -z "$HOME"', environment: {{WORD: fine}}, expect: {{contains: fine}}}}
"""
TOKEN = "hunter2-hunter2-hunter2"


class Endpoint:
    """A health endpoint whose status is always 200; what it says, and whether it says anything, the test decides."""

    def __init__(self):
        self.bodies = {}
        self.hangs = threading.Event()
        self.seen = []
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def do_GET(self):
                endpoint.seen.append((self.path, self.headers.get("Authorization")))
                while endpoint.hangs.is_set():
                    time.sleep(0.05)
                body = endpoint.bodies.get(self.path, "fine").encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # whoever asked has lost patience

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.hangs.clear()
        self.server.shutdown()
        self.server.server_close()


class Probes(unittest.TestCase):
    def setUp(self):
        self.peer = Receiver()
        self.endpoint = Endpoint()
        self.answers("up")
        self.server = Alerting(CONFIG.format(peer=self.peer.url, endpoint=self.endpoint.url, prefix="p"))
        self.start()

    def tearDown(self):
        self.endpoint.hangs.clear()
        self.server.clean()
        self.endpoint.close()
        self.peer.close()

    def start(self):
        self.server.start(environment={"PROBE_TOKEN": TOKEN})

    def answers(self, database):
        self.endpoint.bodies["/lying"] = json.dumps({"status": "ok", "database": database, "at": int(time.time()), "echo": TOKEN})

    def probe(self, name):
        return self.server.get(f"/api/v1/probes/{name}").json()

    def state(self, name):
        return self.probe(name)["state"]["value"]

    def becomes(self, name, state):
        eventually(lambda: self.state(name) == state, PATIENCE)

    def looks(self, name):
        """Asks it to look now."""
        return self.server.post(f"/api/v1/probes/{name}/run").json()

    def told(self, *words):
        return eventually(lambda: self.peer.seen("/hook", *words), PATIENCE)

    def test_a_lying_health_check_is_failing_and_told_until_its_answer_is_right(self):
        self.becomes("p-lying", "passing")
        self.assertIn(("/lying", f"Bearer {TOKEN}"), self.endpoint.seen)
        self.answers("down")
        self.becomes("p-lying", "failing")
        why = self.probe("p-lying")["state"]["why"]
        self.assertIn('answers 200, but $.database is "down", not "up"', why)
        self.assertNotIn(TOKEN, json.dumps(self.probe("p-lying")))

        [post] = self.told("p-lying fails", '"post"')
        self.assertIn("$.database", json.dumps(post.body))
        [alert] = self.server.known("probe_failing")
        self.assertEqual((alert["labels"]["probe"], alert["labels"]["provider"], alert["labels"]["team"]), ("p-lying", "orders", "night"))
        incident = self.server.diagnosed("p-lying fails")
        self.assertEqual(incident["subject"], {"kind": "provider", "name": "orders"})
        self.assertEqual(incident["diagnosis"]["conclusion"], "blocked", incident["diagnosis"])
        [check] = [each for each in incident["diagnosis"]["checks"] if each["name"] == "dependencies"]
        self.assertEqual(check["finding"], "bad")
        self.assertIn("probe p-lying", check["says"])

        shown = self.server.cli("probes", "show", "p-lying")
        self.assertEqual(shown.returncode, 1)
        self.assertIn("p-lying is failing", shown.stdout)
        self.answers("up")
        self.becomes("p-lying", "passing")
        self.told("p-lying fails", '"is_resolution": true')
        self.assertEqual(self.server.known("probe_failing"), [])
        self.assertEqual(self.server.cli("probes", "show", "p-lying", "--json").returncode, 0)
        changes = self.server.get("/api/v1/events?where=name%20%3D%20%22probe%20p-lying%22").json()["items"]
        self.assertEqual([each["attributes"]["state"] for each in changes], ["passing", "failing", "passing"])

    def test_a_restart_forgets_no_failure(self):
        self.endpoint.bodies["/seldom"] = "broken"
        self.looks("p-seldom")
        self.assertEqual(self.looks("p-seldom")["state"]["value"], "failing")
        before = self.probe("p-seldom")["state"]
        self.told("p-seldom fails", '"post"')
        self.server.kill()
        self.start()
        after = self.probe("p-seldom")["state"]
        self.assertEqual((after["value"], after["since_ms"]), ("failing", before["since_ms"]))
        self.endpoint.bodies["/seldom"] = "fine"
        self.looks("p-seldom")
        self.assertEqual(self.state("p-seldom"), "passing")
        self.told("p-seldom fails", '"is_resolution": true')
        posts = [each for each in self.peer.seen("/hook", "p-seldom") if each.data["mode"] == "post"]
        self.assertEqual(len({each.id for each in posts}), 1, "it is the same incident")

    def test_what_nobody_has_seen_is_never_green(self):
        self.assertIn(self.state("p-missing"), ("unknown",))
        self.becomes("p-stale", "passing")
        self.server.kill()
        self.endpoint.hangs.set()
        time.sleep(2.5)
        self.start()
        for _ in range(10):
            self.assertIn(self.state("p-stale"), ("stale", "failing"))
            self.assertEqual(self.state("p-missing"), "unknown")
            time.sleep(0.1)
        eventually(lambda: "we cannot look" in self.probe("p-missing")["state"]["why"], PATIENCE)
        self.endpoint.hangs.clear()
        self.becomes("p-stale", "passing")
        listed = self.server.cli("probes", "list")
        self.assertEqual(listed.returncode, 1, "one that is unknown is not well")
        self.assertRegex(listed.stdout, r"p-missing +unknown")
        text = self.server.get("/metrics").body.decode()
        self.assertIn('nightshift_probe_state{probe="p-missing",state="unknown"} 1', text)
        self.assertIn('nightshift_probe_state{probe="p-missing",state="passing"} 0', text)

    def test_commands_see_only_what_they_are_given_and_a_reload_takes_new_probes(self):
        self.becomes("p-shell", "passing")
        self.assertEqual(self.server.cli("probes", "run", "p-shell").returncode, 0)
        self.assertEqual(self.server.cli("probes", "run", "p-missing").returncode, 1)
        self.assertEqual(self.server.post("/api/v1/probes/nobody/run").status, 404)
        reader = self.server.cli("token", "create", "reader", "--scopes", "read").stdout.strip()
        self.assertEqual(self.server.post("/api/v1/probes/p-shell/run", token=reader).status, 403)
        config = CONFIG.format(peer=self.peer.url, endpoint=self.endpoint.url, prefix="q")
        (self.server.folder / "nightshift.yaml").write_text(config)
        self.server.process.send_signal(signal.SIGHUP)
        self.becomes("q-shell", "passing")
        self.assertEqual(self.server.get("/api/v1/probes/p-shell").status, 404)


if __name__ == "__main__":
    unittest.main()
