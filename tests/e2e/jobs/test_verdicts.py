"""Scheduled work as its owner meets it: what was promised, what was seen, the verdict, and what people may say about it."""
import json
import pathlib
import sys
import time
import unittest
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from peer import Peer
from scheduled import HELD, PATIENCE, Scheduled, curl, eventually, folder

JOBS = """
channels:
  - {{name: hook, kind: webhook, url: "{peer}/hook", options: {{receipt_path: ticket.id}}}}
jobs:
  - name: verified
    command: "echo the report > report.md"
    folder: {work}
    expect:
      - exit_code: 0
      - file: {{path: report.md, newer_than_start: true}}
  - name: hollow
    command: "echo all done"
    folder: {work}
    expect: [{{file: {{path: never.md, newer_than_start: true}}}}]
  - name: failing
    command: "echo try >> tries; exit 3"
    folder: {work}
    retries: {{max: 1, backoff: 1s}}
    expect: [{{exit_code: 0}}]
  - name: proven-anyway
    command: "echo x > proven.md; exit 4"
    folder: {work}
    expect: [{{file: {{path: proven.md, newer_than_start: true}}}}]
  - name: unverified
    command: "true"
    folder: {work}
  - name: silent
    command: "echo NOTHING_NEW"
    folder: {work}
    silent_when: "^NOTHING_NEW"
    deliver: {{channel: hook}}
    expect: [{{delivery: {{channel: hook}}}}]
  - name: absent
    command: [/no/such/program]
    folder: {work}
    retries: {{max: 3, backoff: 1s}}
  - name: enhanced
    command: "echo x > enhanced.md"
    folder: {work}
    expect:
      - file: {{path: enhanced.md, newer_than_start: true}}
      - name: log
        impact: enhancement
        file: {{path: quiet.log, newer_than_start: true}}
  - name: publisher
    http: {{url: "{peer}/publish", headers: {{Content-Type: application/json}}, body: '{{"about": "{{{{occurrence}}}}"}}'}}
    expect:
      - http: {{url: "{peer}/posts", path: "$.posts[*].about", matches: "^publisher@"}}
  - name: speaking
    command: "echo Good morning"
    folder: {work}
    deliver: {{channel: hook, subject: "From {{{{job}}}}", text: "{{{{summary}}}}!"}}
    expect: [{{delivery: {{channel: hook}}}}]
  - name: alternatives
    command: "echo x > alternatives.md"
    folder: {work}
    expect:
      - name: published
        any_of:
          - http: {{url: "{peer}/gone", path: "$.id"}}
          - file: {{path: alternatives.md, newer_than_start: true}}
  - {{name: held, command: "{held}", folder: {held_folder}, expect: [{{file: {{path: done, newer_than_start: true}}}}]}}
  - name: backup
    watch: {{}}
    timeout: 10m
    expect: [{{file: {{path: {work}/backup.tar, newer_than_start: true}}}}]
  - {{name: watched, watch: {{}}, timeout: 10m}}
  - {{name: ticking, command: "true", folder: {work}, schedule: {{every: 2s}}}}
  - {{name: ticking-too, command: "true", folder: {work}, schedule: {{every: 2s}}}}
"""


class Verdicts(unittest.TestCase):
    """Tests that share one server."""

    @classmethod
    def setUpClass(cls):
        cls.peer = Peer()
        cls.server = Scheduled()
        cls.held = folder(cls.server.root, "held")
        cls.server.config = JOBS.format(work=cls.server.work, peer=cls.peer.url, held=HELD, held_folder=cls.held)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()
        cls.peer.close()

    def run_to_its_verdict(self, job):
        return self.server.verdict(self.server.run_now(job))

    # --- what the evidence says ---

    def test_work_is_verified_when_the_evidence_is_there(self):
        seen = self.run_to_its_verdict("verified")
        self.assertEqual(seen["verdict"], "verified", seen)
        self.assertEqual(seen["phase"], "done")
        self.assertEqual(seen["trigger"], "manual")
        self.assertIn("file", seen["why"])
        outcomes = {each["expectation"]: each for each in seen["evidence"]}
        self.assertEqual(outcomes["exit_code"]["outcome"], "holds")
        self.assertTrue(outcomes["exit_code"]["is_claimants_word"])
        self.assertEqual(outcomes["file"]["outcome"], "holds")
        self.assertFalse(outcomes["file"]["is_claimants_word"])
        self.assertTrue(outcomes["file"]["observed"])
        self.assertEqual(len(seen["attempts"]), 1)
        self.assertTrue(seen["attempts"][0]["execution"]["succeeded"])
        self.assertNotIn("output_path", seen["attempts"][0]["execution"])

    def test_done_without_the_evidence_is_contradicted(self):
        seen = self.run_to_its_verdict("hollow")
        self.assertEqual(seen["verdict"], "contradicted", seen)
        self.assertIn("exit 0", seen["why"])
        self.assertIn("file", seen["why"])
        output = self.server.get(f"/api/v1/occurrences/{seen['id']}/output?attempt=1")
        self.assertEqual(output.body.decode().strip(), "all done")

    def test_failure_is_tried_again_and_then_is_a_failure(self):
        seen = self.run_to_its_verdict("failing")
        self.assertEqual(seen["verdict"], "failed", seen)
        self.assertEqual(seen["attempt"], 2)
        self.assertEqual([each["execution"]["exit_code"] for each in seen["attempts"]], [3, 3])
        self.assertLess(seen["attempts"][0]["fence"], seen["attempts"][1]["fence"])
        self.assertEqual((self.server.work / "tries").read_text().split(), ["try", "try"])

    def test_evidence_outweighs_an_exit_code(self):
        seen = self.run_to_its_verdict("proven-anyway")
        self.assertEqual(seen["verdict"], "verified", seen)
        self.assertIn("exit 4", seen["warning"])

    def test_work_that_only_says_so_itself_is_unverified(self):
        seen = self.run_to_its_verdict("unverified")
        self.assertEqual(seen["verdict"], "unverified", seen)
        self.assertIn("nothing but the work itself", seen["why"])

    def test_intended_silence_is_no_failure_and_sends_nothing(self):
        before = len(self.peer.seen("/hook"))
        seen = self.run_to_its_verdict("silent")
        self.assertEqual(seen["verdict"], "silent_ok", seen)
        self.assertEqual(seen["deliveries"], [])
        self.assertFalse([each for each in self.peer.seen("/hook")[before:] if "silent@" in each.body])

    def test_command_that_does_not_exist_fails_once_and_says_why(self):
        seen = self.run_to_its_verdict("absent")
        self.assertEqual(seen["verdict"], "failed", seen)
        self.assertEqual(seen["attempt"], 1)
        self.assertIn("/no/such/program", seen["why"])

    def test_missing_enhancement_leaves_work_verified_and_is_shown(self):
        seen = self.run_to_its_verdict("enhanced")
        self.assertEqual(seen["verdict"], "verified", seen)
        log = next(each for each in seen["evidence"] if each["expectation"] == "log")
        self.assertEqual((log["outcome"], log["impact"]), ("fails", "enhancement"))

    def test_http_job_is_verified_by_reading_back(self):
        seen = self.run_to_its_verdict("publisher")
        self.assertEqual(seen["verdict"], "verified", seen)
        sent = [each for each in self.peer.seen("/publish") if seen["id"] in each.body]
        self.assertEqual(len(sent), 1)
        self.assertEqual(sent[0].headers["Idempotency-Key"], seen["id"])

    def test_endpoint_that_moved_does_not_blind_the_verdict(self):
        seen = self.run_to_its_verdict("alternatives")
        self.assertEqual(seen["verdict"], "verified", seen)
        self.assertEqual([each["outcome"] for each in seen["evidence"]], ["unknown", "holds"])

    def test_delivery_is_proven_by_its_receipt(self):
        seen = self.run_to_its_verdict("speaking")
        self.assertEqual(seen["verdict"], "verified", seen)
        self.assertEqual(len(seen["deliveries"]), 1)
        delivery = seen["deliveries"][0]
        self.assertEqual(delivery["state"], "delivered")
        self.assertTrue(delivery["receipt"]["identifier"].startswith("ticket-"), delivery)
        sent = [json.loads(each.body)["data"] for each in self.peer.seen("/hook") if seen["id"] in each.body]
        self.assertEqual([(each["subject"], each["text"]) for each in sent], [("From speaking", "Good morning!")])
        printed = self.server.cli("runs", seen["id"])
        self.assertIn(delivery["receipt"]["identifier"], printed.stdout)

    # --- watched work ---

    def ping_url(self, job, *rest, member="ping_path"):
        return "/".join([self.server.url + self.server.job(job)[member], *rest])

    def pinged(self, job, *rest, arguments=(), member="ping_path", query=""):
        answer = curl(*arguments, self.ping_url(job, *rest, member=member) + query)
        self.assertEqual((answer.returncode, answer.stdout), (0, "OK"), answer.stderr)

    def running(self, job):
        return self.server.job(job)["running"]

    def test_watched_job_is_proven_between_its_pings(self):
        self.pinged("backup", "start")
        run = self.running("backup")
        self.assertEqual((run["phase"], run["trigger"]), ("running", "ping"))
        (self.server.work / "backup.tar").write_text("everything")
        self.pinged("backup", arguments=("--data-raw", "42 files, all there"))
        seen = self.server.verdict(run["id"])
        self.assertEqual(seen["verdict"], "verified", seen)
        self.assertEqual(seen["summary"], "42 files, all there")

        self.pinged("backup", "start")
        run = self.running("backup")
        self.pinged("backup", "0")
        self.assertEqual(self.server.verdict(run["id"])["verdict"], "contradicted")

    def test_pings_take_exit_codes_failures_notes_bodies_and_methods(self):
        self.pinged("watched")
        only_word = eventually(lambda: self.server.newest("watched"))
        self.assertEqual(self.server.verdict(only_word["id"])["verdict"], "unverified")

        self.pinged("watched", "start")
        run = self.running("watched")
        self.pinged("watched", "log", arguments=("--data-raw", "half way"))
        self.assertEqual(self.running("watched")["id"], run["id"])
        self.pinged("watched", "3", arguments=("-X", "PUT", "--data-raw", "disk full"))
        seen = self.server.verdict(run["id"])
        self.assertEqual(seen["verdict"], "failed", seen)
        self.assertIn("exit 3", seen["why"])
        self.assertEqual(seen["summary"], "disk full")

        self.pinged("watched", "start")
        run = self.running("watched")
        self.pinged("watched", "fail")
        self.assertEqual(self.server.verdict(run["id"])["verdict"], "failed")

    def test_pings_with_run_ids_keep_runs_apart(self):
        first, second = str(uuid.uuid4()), str(uuid.uuid4())
        self.pinged("watched", "start", query=f"?rid={first}")
        first_run = self.running("watched")["id"]
        self.pinged("watched", "start", query=f"?rid={second}")
        self.pinged("watched", "start", query=f"?rid={second}")  # a client that tries again
        self.pinged("watched", "fail", query=f"?rid={second}")
        self.assertEqual(self.running("watched")["id"], first_run)
        self.pinged("watched", query=f"?rid={first}")
        self.assertEqual(self.server.verdict(first_run)["verdict"], "unverified")
        second_run = self.server.newest("watched")
        self.assertNotEqual(second_run["id"], first_run)
        self.assertEqual(self.server.verdict(second_run["id"])["verdict"], "failed")

    def test_pings_by_slug(self):
        self.pinged("watched", "start", member="ping_slug_path")
        run = self.running("watched")
        self.pinged("watched", "7", member="ping_slug_path")
        self.assertEqual(self.server.verdict(run["id"])["verdict"], "failed")

    def test_large_ping_bodies_are_cut_and_not_refused(self):
        self.pinged("watched", "start")
        run = self.running("watched")
        log = self.server.work / "log"
        log.write_text("line\n" * 60_000)
        self.pinged("watched", "1", arguments=("--data-binary", f"@{log}"))
        self.assertEqual(self.server.verdict(run["id"])["verdict"], "failed")

    def test_pings_of_nobody_are_not_found(self):
        for path in (f"/ping/{uuid.uuid4()}", f"/ping/{uuid.uuid4()}/start", f"/ping/{uuid.uuid4()}/watched/fail"):
            self.assertEqual(self.server.get(path, token=None).status, 404, path)
        path = self.server.job("watched")["ping_path"]
        self.assertEqual(self.server.get(f"{path}/256", token=None).status, 404)
        self.assertEqual(self.server.get(f"{path}/begin", token=None).status, 404)
        self.assertEqual(self.server.request("HEAD", path, token=None).status, 200)

    # --- what people and agents say ---

    def test_claims_need_evidence_and_the_fence_that_holds(self):
        claimed = self.server.post("/api/v1/tokens", {"name": "scribe", "scopes": ["ingest", "read"]}).json()["token"]
        self.run_to_its_verdict("unverified")  # so that there is an older fence
        occurrence = self.server.run_now("held")
        eventually(lambda: (self.held / "ran").exists(), PATIENCE)
        run = self.server.occurrence(occurrence)
        path = f"/api/v1/occurrences/{occurrence}/claims"
        stale = self.server.post(path, {"done": True, "text": "late", "fence": run["fence"] - 1}, token=claimed)
        self.assertEqual(stale.status, 409, stale.body)
        self.assertIn("stale", stale.json()["detail"])
        self.assertEqual(self.server.post(path, {"text": "?"}, token=claimed).status, 400)
        good = self.server.post(path, {"done": True, "text": "all there", "fence": run["fence"]}, token=claimed)
        self.assertEqual(good.status, 204, good.body)
        (self.held / "go").touch()
        seen = self.server.verdict(occurrence)
        self.assertEqual([(each["by"], each["text"]) for each in seen["claims"]], [("scribe", "all there")])
        self.assertEqual(seen["verdict"], "verified", seen)

        self.pinged("watched", "start")
        run = self.running("watched")
        answer = self.server.post(f"/api/v1/occurrences/{run['id']}/claims", {"done": True, "text": "trust me"}, token=claimed)
        self.assertEqual(answer.status, 204, answer.body)
        self.pinged("watched")
        seen = self.server.verdict(run["id"])
        self.assertEqual(seen["verdict"], "unverified", seen)
        self.assertIn("scribe", seen["why"])

    def test_override_stands_beside_the_verdict_with_reason_and_end(self):
        seen = self.run_to_its_verdict("hollow")
        path = f"/api/v1/occurrences/{seen['id']}/override"
        self.assertEqual(self.server.post(path, {"verdict": "verified"}).status, 400)
        self.assertEqual(self.server.post(path, {"verdict": "fine", "reason": "x"}).status, 400)
        self.assertEqual(self.server.post(path, {"verdict": "verified", "reason": "x", "for": "90d"}).status, 400)
        self.assertEqual(self.server.post(path, {"verdict": "verified", "reason": "sent by hand", "for": "1h"}).status, 204)
        now = self.server.occurrence(seen["id"])
        self.assertEqual(now["verdict"], "verified")
        self.assertEqual((now["override"]["of"], now["override"]["reason"]), ("contradicted", "sent by hand"))
        self.assertGreater(now["override"]["until_ms"], int(time.time() * 1000))

    def test_paused_job_skips_its_turns_and_says_why(self):
        self.assertEqual(self.server.post("/api/v1/jobs/ticking/pause", {}).status, 400)
        self.assertEqual(self.server.post("/api/v1/jobs/ticking/pause", {"reason": "the moon is full"}).status, 204)
        self.assertTrue(self.server.job("ticking")["is_paused"])

        def skipped():
            seen = self.server.newest("ticking")
            assert seen["verdict"] == "skipped", seen
            return seen

        self.assertIn("the moon is full", eventually(skipped, PATIENCE)["why"])
        # A person may run it all the same.
        self.assertEqual(self.run_to_its_verdict("ticking")["verdict"], "unverified")
        self.assertEqual(self.server.post("/api/v1/jobs/ticking/resume").status, 204)
        eventually(lambda: self.server.newest("ticking")["verdict"] == "unverified", PATIENCE)
        self.assertFalse(self.server.job("ticking")["is_paused"])

    def test_planned_times_of_one_job_are_each_served_once(self):
        eventually(lambda: len(self.server.get("/api/v1/occurrences?job=ticking&verdict=unverified").json()["items"]) >= 3, PATIENCE)
        items = self.server.get("/api/v1/occurrences?job=ticking&limit=500").json()["items"]
        planned = sorted(each["nominal_ms"] for each in items if each["trigger"] == "schedule")
        self.assertTrue(all(after - before == 2000 for before, after in zip(planned, planned[1:])), planned)
        self.assertTrue(all(each["attempt"] <= 1 for each in items))

    def test_pages_of_occurrences_join_without_gap_or_double(self):
        def both_ticked():
            return self.server.newest("ticking") and self.server.newest("ticking-too")

        eventually(both_ticked, PATIENCE)
        until = int(time.time() * 1000)
        whole = [each["id"] for each in self.server.get(f"/api/v1/occurrences?limit=1000&until_ms={until}").json()["items"]]
        seen, cursor = [], ""
        while cursor is not None:
            page = self.server.get(f"/api/v1/occurrences?limit=1&until_ms={until}&cursor={urllib.parse.quote(cursor)}").json()
            seen += [each["id"] for each in page["items"]]
            cursor = page["next_cursor"]
        self.assertEqual(seen, whole)

    # --- the API and the command line ---

    def test_jobs_of_the_api_live_beside_those_of_the_file(self):
        body = {"command": ["/bin/echo", "hello"], "folder": str(self.server.work), "expect": [{"output": {"matches": "hello"}}]}
        put = self.server.request("PUT", "/api/v1/jobs/by-api", body)
        self.assertEqual(put.status, 200, put.body)
        self.assertEqual(self.run_to_its_verdict("by-api")["verdict"], "unverified")
        wrong = self.server.request("PUT", "/api/v1/jobs/by-api", {"command": "true", "retrys": {}})
        self.assertEqual(wrong.status, 400)
        self.assertIn("did you mean retries", wrong.json()["detail"])
        self.assertEqual(self.server.request("PUT", "/api/v1/jobs/verified", {"command": "true"}).status, 409)
        self.assertEqual(self.server.request("DELETE", "/api/v1/jobs/verified").status, 409)
        self.assertEqual(self.server.request("DELETE", "/api/v1/jobs/by-api").status, 204)
        self.assertEqual(self.server.get("/api/v1/jobs/by-api").status, 404)
        self.assertEqual(self.server.post("/api/v1/jobs/by-api/run").status, 404)

    def test_command_line_shows_jobs_and_runs(self):
        seen = self.run_to_its_verdict("hollow")
        jobs = self.server.cli("jobs")
        self.assertEqual(jobs.returncode, 1, jobs.stderr)  # one is contradicted
        self.assertIn("contradicted", jobs.stdout)
        self.assertIn("the ledger", jobs.stdout)
        names = [each["name"] for each in json.loads(self.server.cli("jobs", "--json").stdout)["items"]]
        self.assertIn("hollow", names)
        runs = self.server.cli("runs", "--job", "hollow", "--why")
        self.assertEqual(runs.returncode, 0, runs.stderr)
        self.assertIn(seen["id"], runs.stdout)
        one = self.server.cli("runs", seen["id"])
        self.assertEqual(one.returncode, 1, one.stderr)
        self.assertIn("fails", one.stdout)
        self.assertEqual(json.loads(self.server.cli("runs", seen["id"], "--json").stdout)["id"], seen["id"])
        items = json.loads(self.server.cli("runs", "--verdict", "contradicted", "--json").stdout)["items"]
        self.assertTrue(items and all(each["verdict"] == "contradicted" for each in items))
        explained = self.server.cli("jobs", "explain", "ticking")
        self.assertEqual(explained.returncode, 0, explained.stderr)
        self.assertIn("2 seconds", explained.stdout)
        self.assertEqual(len(json.loads(self.server.cli("jobs", "explain", "ticking", "--json").stdout)["next"]), 10)

    def test_command_line_acts_on_jobs(self):
        started = self.server.cli("jobs", "run", "unverified")
        self.assertEqual(started.returncode, 0, started.stderr)
        self.assertIn("started as unverified@", started.stdout)
        self.server.verdict(started.stdout.split()[-1])
        occurrence = json.loads(self.server.cli("jobs", "run", "unverified", "--json").stdout)["occurrence"]
        self.assertEqual(self.server.verdict(occurrence)["verdict"], "unverified")
        paused = self.server.cli("jobs", "pause", "verified", "--reason", "not today")
        self.assertEqual((paused.returncode, paused.stderr), (0, ""))
        self.assertTrue(self.server.job("verified")["is_paused"])
        self.assertIn("not today", self.server.cli("jobs").stdout)
        self.assertEqual(self.server.cli("jobs", "resume", "verified").returncode, 0)
        self.assertFalse(self.server.job("verified")["is_paused"])

    def test_command_line_pings(self):
        self.assertEqual(self.server.cli("ping", "watched", "start").returncode, 0)
        run = self.running("watched")
        ended = self.server.cli("ping", "watched", "2", "--text", "no paper")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        seen = self.server.verdict(run["id"])
        self.assertEqual((seen["verdict"], seen["summary"]), ("failed", "no paper"))

    def test_command_line_exit_codes(self):
        self.assertEqual(self.server.cli("jobs", url="http://127.0.0.1:1").returncode, 5)
        self.assertEqual(self.server.cli("jobs", token="wrong").returncode, 3)
        self.assertEqual(self.server.cli("jobs", "run", "nobody").returncode, 1)
        self.assertEqual(self.server.cli("jobs", "pause", "verified").returncode, 2)
        self.assertEqual(self.server.cli("runs", "not an id").returncode, 2)
        self.assertEqual(self.server.cli("runs", "verified@2026-01-01T00:00:00Z").returncode, 1)
        self.assertEqual(self.server.cli("runs", "--verdict", "fine").returncode, 2)
        self.assertEqual(self.server.cli("ping", "verified").returncode, 2)
        self.assertEqual(self.server.cli("ping", "nobody").returncode, 1)

    def test_ledger_adds_up(self):
        audit = self.server.audit()
        self.assertEqual((audit["holds"], audit["discrepancies"]), (True, []))
        totals = audit["totals"]
        self.assertEqual(totals["planned"], totals["in_flight"] + sum(totals["verdicts"].values()))


if __name__ == "__main__":
    unittest.main(verbosity=1)
