"""What rules would have done in the past, also in a past that nobody saw all of."""
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from alerting import PATIENCE, Alerting, eventually

CONFIG = """
alerts:
  evaluate_every: 1s
  rules:
    - {name: failed_for_long, on: session, where: 'state="failed"', for: 1d}
    - {name: disk_below, on: resource, where: 'resource="disk"', below: 1}
"""


class Past(unittest.TestCase):
    def setUp(self):
        self.server = Alerting(CONFIG).start()

    def tearDown(self):
        self.server.clean()

    def preview(self, rule):
        answer = self.server.post(f"/api/v1/alerts/rules/{rule}/preview", {"over_s": 600})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def fail_session(self, name):
        self.server.send_events(
            {"id": f"{name}-1", "time_us": int(time.time() * 1e6), "kind": "turn", "status": "error", "session": name, "agent": "builder"}
        )

    def test_a_preview_knows_what_failed_and_when_nobody_looked(self):
        self.fail_session("s1")
        seen = eventually(lambda: [p for p in [self.preview("session_failed")] if p["fired"] == 1], PATIENCE)[0]
        self.assertEqual((seen["cannot"], seen["step_s"], seen["left_out"]), ("", 0, 0))
        [episode] = seen["episodes"]
        self.assertEqual(episode["labels"]["session"], "s1")
        self.assertIsNone(episode["ends_ms"])
        self.assertEqual([gap["why"] for gap in seen["gaps"]], ["nothing is kept from before"])

        self.server.stop()
        time.sleep(2)
        self.server.start()
        stopped = eventually(lambda: [gap for gap in self.preview("session_failed")["gaps"] if gap["why"] == "Nightshift was stopped"], PATIENCE)
        self.assertGreaterEqual(stopped[0]["until_ms"] - stopped[0]["from_ms"], 1_500)
        self.server.kill()
        self.server.start()
        seen = eventually(lambda: [p for p in [self.preview("session_failed")] if len(p["gaps"]) == 3], PATIENCE)[0]
        self.assertEqual(seen["gaps"][2]["why"], "Nightshift did not run")
        self.assertEqual([each["starts_ms"] for each in seen["episodes"]], [episode["starts_ms"]])

        self.assertEqual(self.preview("failed_for_long")["fired"], 0)
        shown = self.server.cli("alerts", "preview", "session_failed", "--over", "10m")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("would have fired 1 time(s)", shown.stdout)
        self.assertIn("Nightshift did not run", shown.stdout)

    def test_every_rule_can_be_tried_on_the_past(self):
        rules = [each["name"] for each in self.server.get("/api/v1/alerts/rules").json()["items"]]
        self.assertGreater(len(rules), 12)

        def unknown():
            return {rule: said for rule in rules if (said := self.preview(rule)["cannot"])}

        eventually(lambda: unknown() == {}, PATIENCE)
        disk = self.preview("disk_below")
        self.assertEqual(disk["fired"], 1)
        self.assertIn("hundredth", disk["notes"][0])


if __name__ == "__main__":
    unittest.main()
