"""What an alert means for the work: judged by evidence, before anybody is woken."""
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from alerting import PATIENCE, QUIET, Alerting, eventually
from receiver import Receiver

CONFIG = """
channels: [{{name: hook, kind: webhook, url: "{peer}/hook"}}]
alerts:
  wait: {{info: 1s, warning: 1s, critical: 1s}}
  interval: 1s
  evaluate_every: 1s
  disable: [job_done]
  rules:
    - {{name: backup_silent, on: silence, where: 'name = "backup.log"', over: 5m, above: 10s, severity: warning, labels: {{job: backup}},
       summary: "backup.log is silent"}}
incidents: {{notify: [hook]}}
jobs:
  - name: backup
    command: "echo x > backup.tar"
    folder: {work}
    schedule: {{every: 2s}}
    expect: [{{file: {{path: backup.tar, newer_than_start: true}}}}]
  - name: hollow
    command: "echo all done"
    folder: {work}
    expect: [{{file: {{path: never.md, newer_than_start: true}}}}]
"""


class Judged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.peer = Receiver()
        cls.server = Alerting(None)
        work = cls.server.folder / "work"
        work.mkdir()
        cls.server.config = CONFIG.format(peer=cls.peer.url, work=work)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()
        cls.peer.close()

    def verdict(self, job):
        """Runs it and waits."""
        occurrence = self.server.post(f"/api/v1/jobs/{job}/run").json()["occurrence"]
        return eventually(lambda: self.server.get(f"/api/v1/occurrences/{occurrence}").json()["verdict"] or False, PATIENCE)

    def test_a_contradicted_job_is_blocked_and_somebody_is_told(self):
        self.assertEqual(self.verdict("hollow"), "contradicted")
        incident = self.server.diagnosed("hollow")
        self.assertEqual(incident["diagnosis"]["conclusion"], "blocked", incident["diagnosis"])
        self.assertEqual(incident["subject"], {"kind": "job", "name": "hollow"})
        self.assertIn(incident["severity"], ("warning", "critical"))
        told = eventually(lambda: self.peer.seen("/hook", "hollow"), PATIENCE)[0]
        self.assertEqual(told.data["payload"]["incident"]["diagnosis"]["conclusion"], "blocked")
        diagnosed = self.server.cli("diagnose", "job:hollow")
        self.assertIn("blocked", diagnosed.stdout)

    def test_a_silent_log_wakes_nobody_when_the_work_is_done(self):
        self.server.send_events({"id": "log-1", "time_us": int((time.time() - 30) * 1e6), "kind": "log", "status": "ok", "name": "backup.log", "agent": "backup"})
        self.assertEqual(self.verdict("backup"), "verified")
        incident = self.server.diagnosed("backup.log")
        self.assertIn(incident["diagnosis"]["conclusion"], ("enhancement", "false_alarm"), incident["diagnosis"])
        self.assertEqual(incident["severity"], "info", incident["severity_why"])
        time.sleep(QUIET)
        self.assertEqual(self.peer.seen("/hook", "backup.log"), [])
        self.assertEqual(self.server.incidents("backup.log")[0]["notifications"], [])


if __name__ == "__main__":
    unittest.main()
