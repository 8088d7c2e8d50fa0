"""Work that events start, agents that are kept running, and what agents say over the Model Context Protocol."""
import json
import os
import signal
import time
import unittest

from scheduled import PATIENCE, Scheduled, eventually

CONFIG = """
agents:
  - name: molt
    command: ["/bin/sh", "-c", "echo up; exec sleep 1000"]
    folder: {work}
jobs:
  - name: repair
    command: "echo repaired >> repaired"
    folder: {work}
    schedule: {{on_event: 'kind = turn and status = error and agent = "crab"', window: 1s}}
    overlap: queue
    expect:
      - file: {{path: repaired, newer_than_start: true}}
  - name: report
    command: "echo written > report"
    folder: {work}
    expect:
      - file: {{path: report, newer_than_start: true}}
  - {{name: nightly, watch: {{}}}}
"""


def failed_turn(number, time_us):
    return {"id": f"turn-{number}", "kind": "turn", "agent": "crab", "session": "s", "status": "error", "time_us": time_us}


class Triggers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Scheduled(CONFIG)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        agent = cls.agent(cls)
        if agent["pid"]:
            os.kill(agent["pid"], signal.SIGKILL)
        cls.server.clean()

    def agent(self):
        return self.server.get("/api/v1/supervised").json()["items"][0]

    def runs_as_other_than(self, pid):
        def look():
            agent = self.agent()
            assert agent["pid"] not in (None, pid), agent
            return agent

        return eventually(look, PATIENCE)

    def occurrences(self, job):
        return self.server.get(f"/api/v1/occurrences?job={job}").json()["items"]

    def test_an_event_starts_work_once(self):
        second = int(time.time()) * 1_000_000
        self.assertEqual(self.server.send_events(failed_turn(1, second + 100), failed_turn(2, second + 200)).status, 200)
        # Sent again, as clients do.
        self.server.send_events(failed_turn(1, second + 100))
        self.server.send_events({**failed_turn(3, second + 300), "status": "ok"}, {**failed_turn(4, second + 300), "agent": "other"})

        def look():
            seen = self.occurrences("repair")
            assert seen and all(each["verdict"] for each in seen), seen
            return seen

        seen = eventually(look, PATIENCE)
        self.assertEqual([(each["trigger"], each["verdict"]) for each in seen], [("event", "verified")])
        self.server.kill()
        self.server.start()
        self.server.send_events(failed_turn(5, second + 2_000_000))
        eventually(lambda: [each["verdict"] for each in self.occurrences("repair")] == ["verified"] * 2, PATIENCE)
        self.assertEqual((self.server.work / "repaired").read_text().split(), ["repaired"] * 2)

    def test_supervised_agent_is_shown_and_obeys(self):
        running = self.runs_as_other_than(None)
        self.assertIn(running["state"], ("starting", "running"))
        self.assertEqual(self.server.post("/api/v1/supervised/molt/stop").status, 202)
        eventually(lambda: self.agent()["state"] == "stopped", PATIENCE)
        self.assertIsNone(self.agent()["pid"])
        self.assertEqual(self.server.cli("supervised", "start", "molt").returncode, 0)
        started = self.runs_as_other_than(running["pid"])
        self.assertEqual(self.server.post("/api/v1/supervised/molt/restart").status, 202)
        self.runs_as_other_than(started["pid"])
        listed = self.server.cli("supervised")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn("molt", listed.stdout)
        self.assertEqual(self.server.post("/api/v1/supervised/nobody/stop").status, 404)
        reader = self.server.post("/api/v1/tokens", {"name": "reader", "scopes": ["read"]}).json()["token"]
        self.assertEqual(self.server.post("/api/v1/supervised/molt/stop", token=reader).status, 403)

    def mcp(self, method, params=None, **options):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        answer = self.server.post("/mcp", message, headers={"Accept": "application/json, text/event-stream"}, **options)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def test_agents_claim_and_ask_over_mcp(self):
        scribe = self.server.post("/api/v1/tokens", {"name": "scribe", "scopes": ["ingest", "read"]}).json()["token"]
        hello = self.mcp("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}}, token=scribe)
        self.assertEqual(hello["result"]["protocolVersion"], "2025-06-18")
        names = [tool["name"] for tool in self.mcp("tools/list", token=scribe)["result"]["tools"]]
        self.assertIn("claim_work", names)
        self.assertNotIn("run_job", names)
        run = self.server.verdict(self.server.run_now("report"))
        call = lambda name, arguments: self.mcp("tools/call", {"name": name, "arguments": arguments}, token=scribe)["result"]
        stale = call("claim_work", {"id": run["id"], "done": True, "fence": run["fence"] + 1})
        self.assertTrue(stale["isError"])
        self.assertIn("stale", stale["content"][0]["text"])
        self.assertFalse(call("claim_work", {"id": run["id"], "done": True, "text": "wrote it", "fence": run["fence"]})["isError"])
        told = call("explain_run", {"id": run["id"]})["structuredContent"]
        self.assertEqual((told["verdict"], told["claims"][0]["by"], told["claims"][0]["says_done"]), ("verified", "scribe", True))
        self.assertEqual(call("list_runs", {"job": "report"})["structuredContent"]["items"][0]["id"], run["id"])
        self.assertEqual(self.server.get("/mcp").status, 405)
        self.assertEqual(self.server.post("/mcp", {}, token=False).status, 401)

    def test_notes_stay_with_the_run_they_came_in(self):
        path = self.server.job("nightly")["ping_path"]
        ping = lambda signal, body="": self.server.post(f"{path}{signal}", body, token=False).status
        self.assertEqual([ping("/start"), ping("/log", "half way"), ping("/start"), ping("", "all done")], [200] * 4)
        (seen,) = self.occurrences("nightly")
        seen = self.server.verdict(seen["id"])
        self.assertEqual([(each["says_done"], each["text"]) for each in seen["claims"]], [(None, "half way")])
        self.assertEqual(seen["summary"], "all done")


if __name__ == "__main__":
    unittest.main()
