"""Who is told of what: groups, silences, inhibitions, escalation, links, and what others may send."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from alerting import PATIENCE, QUIET, SHORT, Alerting, alert, at, eventually, matcher
from receiver import Receiver

CONFIG = """
channels:
  - {{name: hook, kind: webhook, url: "{peer}/hook"}}
  - {{name: bare, kind: webhook, url: "{peer}/bare", options: {{format: alertmanager}}}}
  - {{name: broken, kind: webhook, url: "{peer}/broken"}}
  - {{name: chat, kind: telegram, url: "{peer}", token: "${{CHAT_TOKEN}}", target: "42"}}
alerts:
  %s
  routes:
    - {{name: bare, match: 'group=~"bare.*"', policy: bare}}
    - {{name: broken, match: 'group="broken"', policy: broken_first}}
    - {{name: chat, match: 'group="chat"', policy: chat}}
    - {{name: again, match: 'group="again"', policy: again}}
  inhibit:
    - {{name: down, source: 'alertname="HostDown"', target: 'alertname="Slow"', equal: [host]}}
  rules:
    - {{name: errors, on: query, aggregate: errors, over: 1h, above: 2, severity: info, summary: "errors {{{{value}}}}"}}
incidents:
  notify: [hook]
  url: "http://nightshift.example:8790"
  policies:
    - {{name: bare, steps: [{{notify: [bare], wait: 15m}}]}}
    - {{name: broken_first, steps: [{{notify: [broken], wait: 15m}}, {{notify: [hook], wait: 15m}}]}}
    - {{name: chat, steps: [{{notify: [chat], wait: 15m}}]}}
    - {{name: again, steps: [{{notify: [hook], wait: 10s}}], repeat: 10s, repeats: 1}}
""" % SHORT.replace("{", "{{").replace("}", "}}").replace(", wait", "\n  wait").replace(", interval", "\n  interval")


class Told(unittest.TestCase):
    """Tests that share one server; each has alerts of its own name."""

    @classmethod
    def setUpClass(cls):
        cls.peer = Receiver()
        cls.server = Alerting(CONFIG.format(peer=cls.peer.url)).start(environment={"CHAT_TOKEN": "100:secret"})

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()
        cls.peer.close()

    def told(self, path, *words, count=1):
        """Waits for that many messages with these words."""

        def look():
            seen = self.peer.seen(path, *words)
            return seen if len(seen) >= count else False

        return eventually(look, PATIENCE)

    def assert_quiet(self, path, *words):
        time.sleep(QUIET)
        self.assertEqual(self.peer.seen(path, *words), [])

    # --- Alertmanager's acceptance scenarios ---

    def test_alerts_of_a_group_are_told_together_and_each_once(self):
        self.server.fire(alert("Together", group="bare", instance="a"))
        self.server.fire(alert("Together", group="bare", instance="b"), alert("Together", group="bare", instance="a"))
        first = self.told("/bare", "Together")[0].body
        self.assertEqual((first["version"], first["status"]), ("4", "firing"))
        self.assertEqual(first["commonLabels"]["alertname"], "Together")
        self.assertEqual(sorted(each["labels"]["instance"] for each in first["alerts"]), ["a", "b"])
        time.sleep(QUIET)
        self.assertEqual(len(self.peer.seen("/bare", "Together")), 1)

    def test_groups_of_one_batch_are_told_apart(self):
        self.server.fire(*[alert("Batch", group=f"bare-{i % 3}", instance=str(i)) for i in range(9)])
        seen = self.told("/bare", "Batch", count=3)
        self.assertEqual(sorted(len(each.body["alerts"]) for each in seen), [3, 3, 3])

    def test_what_is_over_is_told_as_resolved(self):
        self.server.fire(alert("Ends", group="bare"))
        self.told("/bare", "Ends")
        self.server.fire(alert("Ends", group="bare", ends=0))
        self.told("/bare", "Ends", '"status": "resolved"')
        self.assertEqual(self.server.known("Ends"), [])

    def test_an_alert_that_is_not_repeated_ends_by_itself(self):
        self.server.fire(alert("RunsOut", ends=4))
        self.told("/hook", "RunsOut", '"post"')
        self.told("/hook", "RunsOut", '"is_resolution": true')

    def test_what_was_over_before_it_was_told_is_never_told(self):
        self.server.fire(alert("Blink"))
        self.server.fire(alert("Blink", ends=0))
        self.assert_quiet("/hook", "Blink")

    def test_what_fires_on_is_not_told_again_but_its_escalation_is(self):
        self.server.fire(alert("Again", group="again"))
        self.told("/hook", "Again", '"post"')
        self.server.fire(alert("Again", group="again"))
        replies = self.told("/hook", "Again", '"reply"')
        self.assertEqual(len(replies), 1)
        self.assertEqual(len(self.peer.seen("/hook", "Again", '"mode": "post"')), 1)

    def test_a_silence_keeps_it_quiet_and_its_end_does_not(self):
        silence = self.server.silence(matcher("alertname", "Hush.*", regex=True))
        self.server.fire(alert("Hushed"))
        self.assert_quiet("/hook", "Hushed")
        [seen] = self.server.known("Hushed")
        self.assertEqual((seen["status"]["state"], seen["status"]["silencedBy"]), ("suppressed", [silence]))
        self.assertEqual([each["is_suppressed"] for each in self.server.incidents("Hushed")], [True])
        self.assertEqual(self.server.request("DELETE", f"/api/v2/silence/{silence}").status, 200)
        self.told("/hook", "Hushed", '"post"')

    def test_an_inhibited_alert_is_told_when_its_cause_is_gone(self):
        self.server.fire(alert("HostDown", host="h1"))
        self.told("/hook", "HostDown")
        self.server.fire(alert("Slow", host="h1", group="of-h1"), alert("Slow", host="h2", group="of-h2"))
        self.told("/hook", "of-h2")
        self.assert_quiet("/hook", "of-h1")
        [seen] = [each for each in self.server.known("Slow") if each["labels"]["host"] == "h1"]
        self.assertEqual(len(seen["status"]["inhibitedBy"]), 1)
        self.server.fire(alert("HostDown", host="h1", ends=0))
        self.told("/hook", "of-h1", '"post"')

    # --- amtool ---

    def amtool(self, *arguments):
        tool = shutil.which("amtool")
        config = pathlib.Path(self.server.folder, "amtool-http.yml")
        config.write_text(json.dumps({"authorization": {"type": "Bearer", "credentials": self.server.token.strip()}}))
        command = [tool, f"--alertmanager.url={self.server.url}", f"--http.config.file={config}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout

    def test_amtool_asks_and_silences(self):
        self.server.fire(alert("Tooled", group="tool", instance="one"), alert("Tooled", group="tool", instance="two"))
        found = json.loads(self.amtool("-o", "json", "alert", "query", "alertname=Tooled", "instance=~o.e"))
        self.assertEqual([each["labels"]["instance"] for each in found], ["one"])
        self.assertIn("Tooled", self.amtool("alert", "query"))
        silence = self.amtool("silence", "add", "--author=me", "--comment=quiet", "--duration=1h", "alertname=Tooled").strip()
        self.assertIn(silence, self.amtool("silence", "query", "-q"))
        eventually(lambda: all(each["status"]["silencedBy"] == [silence] for each in self.server.known("Tooled")), PATIENCE)
        self.assertEqual(json.loads(self.amtool("-o", "json", "alert", "query", "alertname=Tooled")), [])
        self.assertEqual(len(json.loads(self.amtool("-o", "json", "alert", "query", "--silenced", "alertname=Tooled"))), 2)
        self.amtool("silence", "expire", silence)
        self.assertNotIn(silence, self.amtool("silence", "query", "-q"))
        eventually(lambda: len(json.loads(self.amtool("-o", "json", "alert", "query", "alertname=Tooled"))) == 2, PATIENCE)

    # --- links, escalation, the command line ---

    def test_a_link_shows_a_page_and_only_its_button_acknowledges(self):
        self.server.fire(alert("Linked", summary="<script>alert(1)</script> Linked & more"))
        links = {each["label"]: each["url"] for each in self.told("/hook", "Linked", '"post"')[0].data["links"]}
        path = urllib.parse.urlsplit(links["Acknowledge"]).path
        page = self.server.get(path, token=None)
        self.assertEqual(page.status, 200)
        self.assertIn(b"<form", page.body)
        self.assertNotIn(b"<script>", page.body)
        [incident] = self.server.incidents("Linked")
        self.assertEqual(incident["state"], "open")
        for wrong in (path[:-2] + ("aa" if not path.endswith("aa") else "bb"), path.replace(incident["id"], "inc_0"), path + "x"):
            for method in ("GET", "POST"):
                self.assertEqual(self.server.request(method, wrong, token=None).status, 403, wrong)
        self.assertEqual(self.server.incidents("Linked")[0]["state"], "open")
        self.assertEqual(self.server.post(path, token=None).status, 200)
        taken = self.server.incidents("Linked")[0]
        self.assertEqual((taken["state"], taken["acknowledged_by"]), ("acknowledged", "whoever opened the link in hook"))
        self.assertIn(b"Nothing to do", self.server.get(path, token=None).body)

    def test_another_channel_is_told_when_the_first_takes_nothing(self):
        self.server.fire(alert("Fallback", group="broken"))
        self.told("/broken", "Fallback")
        self.told("/hook", "Fallback", '"post"')

        def receipts():
            [incident] = self.server.incidents("Fallback")
            return {each["channel"]: each["state"] for each in incident["notifications"]} == {"broken": "failed", "hook": "delivered"}

        eventually(receipts, PATIENCE)
        self.assertTrue(any("over hook instead" in each["text"] for each in self.server.incidents("Fallback")[0]["timeline"]))

    def test_the_command_line_silences_and_shows(self):
        made = self.server.cli("silence", "--match", 'alertname="Quiet"', "--for", "1h", "--reason", "maintenance")
        self.assertEqual(made.returncode, 0, made.stderr)
        silence = made.stdout.split()[0]
        self.server.fire(alert("Quiet"))
        self.assert_quiet("/hook", "Quiet")
        shown = self.server.cli("alerts").stdout
        self.assertIn("Quiet", shown)
        self.assertIn(f"silence {silence}", shown)
        self.assertIn("maintenance", self.server.cli("silence").stdout)
        self.assertEqual(self.server.cli("silence", "end", silence).returncode, 0)
        self.told("/hook", "Quiet", '"post"')
        [incident] = self.server.incidents("Quiet")
        self.assertIn(incident["id"], self.server.cli("incidents").stdout)
        self.assertEqual(self.server.cli("incidents", "ack", incident["id"]).returncode, 0)
        self.assertIn("acknowledged", self.server.cli("incidents", "show", incident["id"]).stdout)
        self.assertEqual(self.server.cli("incidents", "resolve", incident["id"], "--why", "it was a test").returncode, 0)
        self.told("/hook", "Quiet", '"is_resolution": true')
        self.assertIn("# ", self.server.cli("incidents", "postmortem", incident["id"]).stdout)

    def test_a_preview_says_what_a_rule_would_have_done(self):
        now = int(time.time() * 1e6)
        failed = [{"id": f"preview-{i}", "time_us": now - 60_000_000 * i, "kind": "tool_call", "status": "error", "agent": "previewed"} for i in range(5)]
        self.server.send_events(*failed)
        seen = eventually(lambda: (out := self.server.cli("alerts", "preview", "errors", "--over", "2h")).returncode == 0 and "would have fired 1 time" in out.stdout and out, PATIENCE)
        self.assertIn("still", seen.stdout)
        self.assertNotEqual(self.server.cli("alerts", "preview", "no-such-rule").returncode, 0)

    # --- what others may send ---

    def refused(self, body, headers=None):
        answer = self.server.post("/api/v2/alerts", body, headers={"Content-Type": "application/json", **(headers or {})})
        self.assertEqual(answer.status, 400, answer.body[:200])
        said = answer.json()
        self.assertTrue(isinstance(said, str) and said)
        return said

    def test_malformed_bodies_are_refused_with_a_reason(self):
        for body in ("", "nothing", "{}", '{"labels": {}}', "[1, 2]", "[null]", "[[]]", "[{}]", '[{"labels": []}]', '[{"labels": {"a": 1}}]',
                     '[{"labels": {"alertname": "x"}', "[" * 5000, '[{"labels": {"": "x"}}]', '[{"labels": {"alertname": "x"}, "startsAt": "yesterday"}]',
                     '[{"labels": {"alertname": "x"}, "startsAt": "2026-01-02T00:00:00Z", "endsAt": "2026-01-01T00:00:00Z"}]'):
            self.refused(body)
        for body in ({}, {"matchers": []}, {"matchers": [{"name": "a", "value": "(", "isRegex": True}], "endsAt": at(60)},
                     {"matchers": [matcher("a", "b")], "startsAt": at(60), "endsAt": at(1)}, {"matchers": [matcher("a", "b")], "endsAt": at(3600 * 24 * 400)}):
            self.assertEqual(self.server.post("/api/v2/silences", body).status, 400, body)
        self.assertEqual(self.server.get("/api/v2/silence/none").status, 404)
        self.assertEqual(self.server.request("DELETE", "/api/v2/silence/none").status, 404)
        self.assertEqual(self.server.get("/api/v2/alerts?filter=nonsense").status, 400)
        self.assertEqual(self.server.post("/api/v2/alerts", [alert("NoToken")], token=None).status, 401)

    def test_one_bad_alert_of_a_batch_harms_no_other(self):
        huge = {"labels": {"alertname": "Huge", "text": "x" * 9000}}
        many = {"labels": {"alertname": "Many", **{f"l{i}": "x" for i in range(100)}}}
        said = self.refused([alert("Neighbour"), huge, many])
        self.assertIn("alert 1: label text is longer", said)
        self.assertIn("alert 2: more than 64 labels", said)
        self.told("/hook", "Neighbour", '"post"')
        self.assertEqual(self.server.known("Huge") + self.server.known("Many"), [])
        self.refused(b'[{"labels": {"alertname": "Broken", "bytes": "\xff\xfe"}}]')

    def test_markup_of_channels_and_pages_stays_text(self):
        hostile = "<b>x</b> *y* _z_ [a](javascript:alert(1)) <!channel> <@U1> &lt; \u202e\u0000 {{value}}"
        self.server.fire(alert("Hostile", group="chat", summary=hostile, long="v" * 8192, **{"weird label/name": hostile}))
        message = self.told("/bot100:secret/sendMessage", "Hostile")[0].body
        self.assertNotIn("parse_mode", message)
        self.assertIn("*y* _z_", message["text"])
        self.assertLessEqual(len(message["text"]), 4096)
        [incident] = self.server.incidents("*y*")
        self.assertEqual(self.server.cli("incidents", "show", incident["id"]).returncode, 1, "it is not over")
        self.assertEqual(len(self.server.known("Hostile")[0]["labels"]["long"]), 8192)


if __name__ == "__main__":
    unittest.main()
