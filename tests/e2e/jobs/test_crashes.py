"""Scheduled work while the program is killed, restarted and given new files."""
import pathlib
import signal
import sqlite3
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from scheduled import HELD, PATIENCE, Scheduled, curl, eventually

HELD_JOB = """
jobs:
  - {{name: held, command: "{held}", folder: {work}, expect: [{{file: {{path: done, newer_than_start: true}}}}]}}
"""


class Crashes(unittest.TestCase):
    def start(self, config, **members):
        server = Scheduled(config, **members)
        self.addCleanup(server.clean)
        return server.start()

    def start_held(self, config=HELD_JOB):
        server = self.start(config, held=HELD)
        occurrence = server.run_now("held")
        eventually(lambda: (server.work / "ran").exists(), PATIENCE)
        return server, occurrence

    def check_ran_once(self, server, occurrence):
        seen = server.verdict(occurrence)
        self.assertEqual(seen["verdict"], "verified", seen)
        self.assertEqual(len(seen["attempts"]), 1)
        self.assertEqual((server.work / "ran").read_text().split(), ["ran"])
        self.check_adds_up(server)

    def check_adds_up(self, server):
        """The auditor's identity, without waiting for its next minute."""
        with sqlite3.connect(server.data / "state.db") as ledger:
            planned = ledger.execute("SELECT sum(planned) FROM jobs").fetchone()[0]
            decided = ledger.execute("SELECT coalesce(sum(count), 0) FROM totals").fetchone()[0]
            in_flight = ledger.execute("SELECT count(*) FROM occurrences WHERE verdict IS NULL").fetchone()[0]
        ledger.close()
        self.assertEqual(planned, decided + in_flight)

    def test_run_survives_kill_and_is_adopted(self):
        server, occurrence = self.start_held()
        server.kill()
        server.start()
        self.assertEqual(server.job("held")["running"]["id"], occurrence)
        (server.work / "go").touch()
        self.check_ran_once(server, occurrence)

    def test_run_that_ends_while_nobody_is_there_gets_its_verdict(self):
        server, occurrence = self.start_held()
        server.kill()
        (server.work / "go").touch()
        eventually(lambda: (server.work / "done").exists(), PATIENCE)
        server.start()
        self.check_ran_once(server, occurrence)

    def test_orderly_restart_leaves_the_run_alone(self):
        server, occurrence = self.start_held()
        self.assertEqual(server.stop(), 0)
        server.start()
        (server.work / "go").touch()
        self.check_ran_once(server, occurrence)

    def test_watched_run_survives_a_restart(self):
        server = self.start("jobs: [{{name: watched, watch: {{}}, timeout: 100s}}]")
        ping = server.url + server.job("watched")["ping_path"]
        self.assertEqual(curl(f"{ping}/start").stdout, "OK")
        run = server.job("watched")["running"]["id"]
        server.kill()
        server.start()
        ping = server.url + server.job("watched")["ping_path"]
        time.sleep(1)
        self.assertEqual(curl(f"{ping}/0").stdout, "OK")
        self.assertEqual(server.verdict(run)["verdict"], "unverified")

    def test_gap_is_walked_and_caught_up_once_with_reasons(self):
        config = """
jobs:
  - name: hourly
    command: "true"
    folder: {work}
    schedule: {{every: 1h}}
    catch_up: {{policy: once, max_lateness: 150m}}
  - name: never-late
    command: "true"
    folder: {work}
    schedule: {{every: 1h}}
    catch_up: {{policy: skip, max_lateness: 150m}}
"""
        server = self.start(config)
        eventually(lambda: server.job("hourly")["next_ms"], PATIENCE)
        self.assertEqual(server.stop(), 0)
        # As if the machine had been off for five hours and a half.
        with sqlite3.connect(server.data / "state.db") as ledger:
            off_since_us = int((time.time() - 5.5 * 3600) * 1e6)
            ledger.execute("UPDATE jobs SET planned_until_us = ?1, planned_since_us = ?1", (off_since_us,))
        ledger.close()
        server.start()

        def all_of(job):
            until = int(time.time() * 1000)
            items = server.get(f"/api/v1/occurrences?job={job}&until_ms={until}").json()["items"]
            assert items and all(each["verdict"] for each in items), items
            return list(reversed(items))

        caught_up = eventually(lambda: all_of("hourly"), PATIENCE)
        verdicts = [each["verdict"] for each in caught_up]
        self.assertIn(len(caught_up), (5, 6))
        self.assertEqual(verdicts, ["missed"] * (len(verdicts) - 1) + ["unverified"])
        self.assertIn("150m", caught_up[0]["why"])
        self.assertIn(f"made up for by {caught_up[-1]['id']}", caught_up[-2]["why"])
        self.assertIn("makes up for", server.occurrence(caught_up[-1]["id"])["note"])

        skipped = eventually(lambda: all_of("never-late"), PATIENCE)
        self.assertEqual({each["verdict"] for each in skipped}, {"missed"})
        self.assertIn("catches nothing up", skipped[-1]["why"])
        self.assertEqual(server.cli("runs", "--job", "never-late", "--why").returncode, 0)
        self.check_adds_up(server)

        server.kill()
        server.start()
        time.sleep(1)
        self.assertEqual([each["id"] for each in all_of("hourly")], [each["id"] for each in caught_up])

    # --- a new file while work is in flight ---

    def reload(self, server, config, word):
        (server.folder / "nightshift.yaml").write_text(config)
        before = len(server.log_text())
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: word in server.log_text()[before:], PATIENCE)
        return server.log_text()[before:]

    def test_bad_file_changes_nothing(self):
        server, occurrence = self.start_held()
        said = self.reload(server, "jobs: [{name: held, command: [], tymeout: 1s}]", "not taken")
        self.assertIn("tymeout", said)
        self.assertEqual([each["name"] for each in server.get("/api/v1/jobs").json()["items"]], ["held"])
        self.assertEqual(server.job("held")["running"]["id"], occurrence)
        self.assertNotEqual(server.cli("config", "check", str(server.folder / "nightshift.yaml")).returncode, 0)
        (server.work / "go").touch()
        self.check_ran_once(server, occurrence)

    def test_good_file_is_taken_and_what_runs_goes_on_as_it_began(self):
        server, occurrence = self.start_held()
        changed = f"""
jobs:
  - {{name: held, command: "true", folder: {server.work}}}
  - {{name: new, command: "true", folder: {server.work}}}
"""
        self.reload(server, changed, "took jobs")
        eventually(lambda: [each["name"] for each in server.get("/api/v1/jobs").json()["items"]] == ["held", "new"], PATIENCE)
        self.assertEqual(server.job("held")["running"]["id"], occurrence)
        (server.work / "go").touch()
        self.check_ran_once(server, occurrence)
        self.assertEqual(server.verdict(server.run_now("held"))["verdict"], "unverified")
        self.assertEqual(server.verdict(server.run_now("new"))["verdict"], "unverified")

    def test_run_of_a_job_that_is_taken_out_comes_to_its_verdict(self):
        server, occurrence = self.start_held()
        self.reload(server, "jobs: []", "took jobs")
        (server.work / "go").touch()
        self.check_ran_once(server, occurrence)
        self.assertEqual(server.get("/api/v1/jobs").json()["items"], [])

    def test_run_of_a_job_that_is_taken_out_comes_to_its_verdict_after_a_restart(self):
        server, occurrence = self.start_held()
        self.reload(server, "jobs: []", "took jobs")
        server.kill()
        server.config = "jobs: []"
        server.start()
        (server.work / "go").touch()
        self.check_ran_once(server, occurrence)

    def test_paused_watched_job_is_skipped_and_not_missed(self):
        server = self.start("jobs: [{{name: watched, watch: {{}}, grace: 1s, schedule: {{every: 2s}}}}]")
        self.assertEqual(server.post("/api/v1/jobs/watched/pause", {"reason": "moving house"}).status, 204)

        def skipped():
            seen = server.newest("watched")
            assert seen and seen["verdict"] == "skipped", seen
            return seen

        self.assertIn("moving house", eventually(skipped, PATIENCE)["why"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
