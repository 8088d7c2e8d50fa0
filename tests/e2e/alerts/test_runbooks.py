"""Runbooks: what they did is looked at, also when Nightshift was away in between."""
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from alerting import PATIENCE, SHORT, Alerting, alert, eventually

CONFIG = f"""
alerts: {{{SHORT}}}
incidents:
  runbooks:
    - name: only-says
      match: alertname="Broken"
      steps: [{{do: command, with: {{command: "exit 1"}}}}]
    - name: mend
      match: alertname="Broken"
      dry_run: false
      verify_within: 10m
      steps: [{{do: command, with: {{command: "true"}}}}]
"""


class Runbooks(unittest.TestCase):
    def setUp(self):
        self.server = Alerting(CONFIG).start()

    def tearDown(self):
        self.server.clean()

    def last(self, runbook):
        found = self.server.incidents("Broken")
        books = {each["name"]: each for each in found[0]["runbooks"]} if found else {}
        return books[runbook]["last"] if runbook in books else None

    def test_an_action_is_verified_over_a_crash_and_done_once(self):
        self.server.fire(alert("Broken"))
        eventually(lambda: (self.last("mend") or {}).get("state") == "verifying", PATIENCE)
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        self.server.start()
        self.server.fire(alert("Broken", ends=-1))
        eventually(lambda: (self.last("mend") or {}).get("state") == "helped", PATIENCE)
        said = [each["text"] for each in self.server.incidents("Broken")[0]["timeline"] if each["kind"] == "action"]
        self.assertEqual(len([each for each in said if each.startswith("verifying")]), 1, said)
        self.assertIsNone(self.last("only-says"))
        self.assertTrue(any("only-says" in each and "would act" in each for each in said), said)


if __name__ == "__main__":
    unittest.main()
