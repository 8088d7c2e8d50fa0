"""What has one cause is one thing to deal with; and agents say when it matters more."""
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from alerting import PATIENCE, QUIET, Alerting, eventually, posts_by_thread
from receiver import Receiver

CONFIG = """
channels: [{{name: hook, kind: webhook, url: "{peer}/hook"}}]
alerts:
  group_by: [alertname, job]
  wait: {{info: 1s, warning: 1s, critical: 1s}}
  interval: 1s
  evaluate_every: 1s
  disable: [job_done, route_down, route_degraded]
incidents: {{notify: [hook], url: "http://night.example"}}
gateway:
  providers: [{{name: gone, url: "http://127.0.0.1:9/v1"}}]
  routes: [{{name: fast, targets: [{{provider: gone, model: m}}]}}]
jobs:
  - {{name: poem, prompt: {{model: fast, prompt: "a poem"}}}}
  - {{name: prose, prompt: {{model: fast, prompt: "some prose"}}}}
  - {{name: web, command: "true", folder: {work}, expect: [{{file: {{path: never.md, newer_than_start: true}}}}]}}
  - {{name: mail, command: "true", folder: {work}, expect: [{{file: {{path: never.md, newer_than_start: true}}}}]}}
  - {{name: alone, command: "true", folder: {work}, expect: [{{file: {{path: never.md, newer_than_start: true}}}}]}}
"""


class Causes(unittest.TestCase):
    def setUp(self):
        self.peer = Receiver()
        self.server = Alerting(None)
        work = self.server.folder / "work"
        work.mkdir()
        self.server.config = CONFIG.format(peer=self.peer.url, work=work)
        self.server.start()

    def tearDown(self):
        self.server.clean()
        self.peer.close()

    def broken(self, job):
        """Runs it, and waits for its incident."""
        self.assertEqual(self.server.post(f"/api/v1/jobs/{job}/run").status, 202)
        return self.server.diagnosed(job)

    def told_once_of(self, first, second):
        eventually(lambda: self.server.get(f"/api/v1/incidents/{first['id']}").json()["parts_open"] == 1, PATIENCE)
        time.sleep(QUIET)
        self.assertEqual(posts_by_thread(self.peer.seen("/hook")), {first["id"]: 1})
        self.assertEqual(second["part_of"], first["id"])
        self.assertEqual(second["notifications"], [])
        queue = self.server.get("/api/v1/incidents?state=unresolved&parts=false").json()
        self.assertEqual([each["id"] for each in queue["items"]], [first["id"]])

    def is_route_down(self):
        self.server.post("/v1/chat/completions", {"model": "fast", "messages": [{"role": "user", "content": "?"}]})
        return self.server.get("/api/v1/gateway").json()["routes"][0]["targets"][0]["state"] == "breaker_open"

    def test_those_that_use_what_is_down_are_told_once(self):
        eventually(self.is_route_down, PATIENCE)
        poem = self.broken("poem")
        self.assertIn("dependency:route/fast", [each["evidence"] for each in poem["diagnosis"]["causes"]], poem["diagnosis"])
        prose = self.broken("prose")
        self.told_once_of(poem, prose)
        self.assertIn("route fast", prose["part_of_why"])
        separated = self.server.post(f"/api/v1/incidents/{prose['id']}/separate", {})
        self.assertEqual((separated.status, separated.json()["part_of"]), (200, ""))
        eventually(lambda: len(posts_by_thread(self.peer.seen("/hook"))) == 2, PATIENCE)

    def test_those_that_began_after_one_change_are_told_once(self):
        self.assertIn("written down", self.server.cli("changes", "add", "deployed web 1.4").stdout)
        web = self.broken("web")
        mail = self.broken("mail")
        self.told_once_of(web, mail)
        self.assertIn("deployed web 1.4", mail["part_of_why"])
        self.assertIn("deployed web 1.4", self.server.cli("changes").stdout)

    def test_a_change_elsewhere_is_no_cause(self):
        self.server.cli("changes", "add", "new prompt", "--about", "job:mail")
        self.broken("web")
        alone = self.broken("alone")
        self.assertEqual(alone["part_of"], "")
        self.assertNotIn("new prompt", [each["what"] for each in alone["diagnosis"]["causes"]])

    def test_an_agent_raises_and_never_lowers(self):
        token = self.server.post("/api/v1/tokens", {"name": "builder", "scopes": ["ingest"]}).json()["token"]
        alone = self.broken("alone")
        path = f"/api/v1/incidents/{alone['id']}/raise"
        lower = {"critical": "warning", "warning": "warning"}[alone["severity"]]
        self.assertEqual(self.server.post(path, {"severity": lower, "why": "it is nothing"}, token=token).status, 409)
        self.assertEqual(self.server.post(path, {"severity": "critical"}, token=token).status, 400)
        raised = self.server.post(path, {"severity": "critical", "why": "a customer waits for it"}, token=token)
        self.assertEqual((raised.status, raised.json()["severity"]), (200, "critical"), raised.body)
        self.assertIn("an agent or a person asks for it", raised.json()["severity_why"])
        self.assertIn("asks for critical: a customer waits for it", [each["text"] for each in raised.json()["timeline"] if each["who"] == "builder"])


if __name__ == "__main__":
    unittest.main()
