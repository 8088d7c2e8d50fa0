"""Storms: a crash in the middle of one, and a session that cannot make up its mind."""
import collections
import concurrent.futures
import contextlib
import json
import pathlib
import sqlite3
import sys
import threading
import time
import unittest
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from alerting import PATIENCE, QUIET, Alerting, alert, eventually, matcher, posts_by_thread
from receiver import Receiver

CONFIG = """
channels: [{{name: hook, kind: webhook, url: "{peer}/hook"}}]
alerts:
  group_by: [alertname, group, session]
  wait: {{info: 1s, warning: 1s, critical: 1s}}
  interval: 1s
  evaluate_every: 1s
  inhibit: [{{name: down, source: 'alertname="HostDown"', target: 'host="h1"', equal: [host]}}]
  rules:
    - {{name: session_failed, on: session, where: 'state="failed"', severity: critical, resolve_after: 2s, flap_changes: 4, flap_window: 6s,
       summary: "{{{{agent}}}} failed"}}
incidents: {{notify: [hook], url: "http://nightshift.example"}}
"""
GROUPS, BATCHES, BATCH = 60, 400, 10


class Storms(unittest.TestCase):
    def setUp(self):
        self.peer = Receiver()
        self.server = Alerting(CONFIG.format(peer=self.peer.url)).start()

    def tearDown(self):
        self.server.clean()
        self.peer.close()

    @staticmethod
    def batch(number):
        """Of all kinds: for people, silenced, inhibited."""
        made = []
        for i in range(BATCH):
            group = f"g{(number * BATCH + i) % GROUPS:03}"
            kind = ("Loud", "Muted", "Inhibited")[i % 3]
            labels = {"host": "h1"} if kind == "Inhibited" else {}
            made.append(alert(kind, group=group, instance=f"{number}-{i}", **labels))
        return made

    def test_a_crash_loses_nothing_acknowledged_and_tells_nobody_twice(self):
        self.server.silence(matcher("alertname", "Muted"))
        self.server.fire(alert("HostDown", host="h1"))
        eventually(lambda: self.peer.seen("/hook", "HostDown"), PATIENCE)
        acknowledged = set()
        dead = threading.Event()

        def send(number):
            if dead.is_set():
                return
            alerts = self.batch(number)
            try:
                self.server.fire(*alerts)
            except (OSError, urllib.error.URLError, AssertionError, json.JSONDecodeError):
                dead.set()
                return
            acknowledged.update(each["labels"]["instance"] for each in alerts)

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            storm = [pool.submit(send, number) for number in range(BATCHES)]
            # In the middle: some groups have been told, more alerts are on their way.
            eventually(lambda: len(self.peer.seen("/hook", "Loud")) >= GROUPS // 10 or all(each.done() for each in storm), PATIENCE)
            self.server.kill()
            dead.set()
        self.assertTrue(acknowledged)
        self.server.start()
        known = {each["labels"].get("instance") for each in self.server.get("/api/v2/alerts").json()}
        self.assertEqual(acknowledged - known, set())
        loud = {each["labels"]["group"] for each in self.server.known("Loud")}
        told = lambda: {each.data["payload"]["incident"]["labels"]["group"] for each in self.peer.seen("/hook", "Loud")}
        eventually(lambda: told() >= loud, PATIENCE)
        time.sleep(QUIET)
        posts = posts_by_thread(self.peer.seen("/hook"))
        self.assertEqual({thread: count for thread, count in posts.items() if count != 1}, {})
        self.assertEqual(len(posts), len(loud) + 1, "one for each group, and one for HostDown")
        for kind in ("Muted", "Inhibited"):
            self.assertEqual(self.peer.seen("/hook", f"{kind} fires"), [])
        states = lambda: collections.Counter(sent["state"] for each in self.server.incidents("Loud") for sent in each["notifications"])
        eventually(lambda: set(states()) == {"delivered"}, PATIENCE)

    def test_a_receipt_that_the_crash_came_before_reaches_its_incident(self):
        self.server.fire(alert("Alone"))
        sent = lambda: self.server.incidents("Alone")[0]["notifications"][0]
        eventually(lambda: self.server.incidents("Alone") and sent()["state"] == "delivered", PATIENCE)
        self.server.kill()
        # As the disk is when the outcome of the delivery was its last word.
        with contextlib.closing(sqlite3.connect(self.server.data / "state.db")) as db, db:
            db.execute("UPDATE deliveries SET is_told = 0")
            db.execute("UPDATE incidents SET document = json_remove(json_set(document, '$.notifications[0].state', 'queued'), '$.notifications[0].settled_ms')")
        self.server.start()
        eventually(lambda: sent()["state"] == "delivered", PATIENCE)
        self.assertEqual(len(self.peer.seen("/hook", "Alone")), 1)

    def test_a_flapping_session_is_one_message_few_edits_and_its_end(self):
        begun = int(time.time() * 1e6) - 1_000_000
        turn = lambda number, status: {"id": f"turn-{number}", "time_us": begun + number * 1000, "duration_us": 500, "kind": "turn", "name": "run", "status": status,
                                       "agent": "waverer", "session": "wavering", "error_type": "tool_error" if status == "error" else ""}
        for start in range(0, 1000, 125):
            # Each lot ends the other way, and long enough to be looked at.
            last = "error" if start % 250 == 0 else "ok"
            self.server.send_events(*[turn(i, ("error", "ok")[i % 2]) for i in range(start, start + 124)], turn(start + 124, last))
            time.sleep(1.5)
        first = eventually(lambda: self.peer.seen("/hook", "waverer failed"), PATIENCE)[0]
        self.assertEqual(first.data["mode"], "post")
        self.server.send_events(turn(2000, "ok"))
        ends = eventually(lambda: self.peer.seen("/hook", "waverer failed", '"is_resolution": true'), PATIENCE)
        eventually(lambda: self.server.incidents("waverer", "resolved"), PATIENCE)
        time.sleep(QUIET)
        modes = [each.data["mode"] for each in self.peer.seen("/hook", "waverer failed")]
        self.assertEqual(modes.count("post"), 1, modes)
        self.assertLessEqual(len(modes), 5, modes)
        self.assertEqual(len(self.server.incidents("waverer")), 1)
        self.assertIn("Resolved after", ends[0].data["text"])
        self.assertRegex(ends[0].data["text"], r"after \d+ (s|min)")


if __name__ == "__main__":
    unittest.main()
