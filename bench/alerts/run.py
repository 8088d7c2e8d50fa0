#!/usr/bin/env python3
"""Alerts taken in and told, beside Debian's prometheus-alertmanager in the same run; two kill -9 in the middle; 10,000 rules at rest;
how long a diagnosis takes. Alertmanager is taken from PATH or from $ALERTMANAGER.

    bench/alerts/run.py build/release [rounds=3] [parts=peers,crash,rules,diagnosis,symptoms]
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e/program"))
from nightshift import Nightshift, eventually

STORMS = ((50000, 5000, 64), (50000, 5000, 500), (50000, 500, 64), (50000, 500, 500), (10000, 10000, 64), (10000, 10000, 500))
CONNECTIONS = 4
RULES, SESSIONS = 10000, 5000
TOLD_WITHIN = 180  # seconds; whoever needs more is given up on
CONFIG = """
channels: [{{name: hook, kind: webhook, url: "http://127.0.0.1:{receiver}/x"}}]
alerts: {{group_by: [alertname, service], wait: {{info: 1s, warning: 1s, critical: 1s}}, interval: 5m, repeat: 4h}}
incidents: {{notify: [hook], url: "http://127.0.0.1:8790"}}
"""
PEER_CONFIG = """
route: {{receiver: hook, group_by: [alertname, service], group_wait: 1s, group_interval: 5m, repeat_interval: 4h}}
receivers: [{{name: hook, webhook_configs: [{{url: "http://127.0.0.1:{receiver}/x"}}]}}]
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().split("\n"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0


class Receiver:
    def __init__(self, build):
        self.port = free_port()
        self.process = subprocess.Popen([f"{build}/bench/alerts/alerts_receiver", str(self.port)])
        wait_for(self.port)

    def heard(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as answer:
            return json.load(answer)

    def until_all(self, groups):
        """Waits until every group was heard of, or nothing more comes."""
        deadline = time.monotonic() + TOLD_WITHIN
        while (heard := self.heard())["groups"] < groups and time.monotonic() < deadline:
            time.sleep(0.1)
        return heard

    def close(self):
        self.process.kill()
        self.process.wait()


class Ours:
    name = "nightshift"

    def __init__(self, build, receiver, config=CONFIG):
        self.server = Nightshift(f"{build}/nightshift", config=config.format(receiver=receiver)).start()
        self.pid, self.port = self.server.process.pid, self.server.port
        self.headers = [f"Authorization: Bearer {self.server.token.strip()}"]

    def close(self):
        self.server.clean()


class Alertmanager:
    name = "alertmanager"
    headers = []
    binary = os.environ.get("ALERTMANAGER") or shutil.which("prometheus-alertmanager")

    def __init__(self, _build, receiver):
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="bench-alertmanager-")
        config = pathlib.Path(self.folder, "alertmanager.yml")
        config.write_text(PEER_CONFIG.format(receiver=receiver))
        self.process = subprocess.Popen([self.binary, f"--config.file={config}", f"--storage.path={self.folder}/data", "--cluster.listen-address=",
                                         f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"], stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        wait_for(self.port)

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def load(build, target, alerts, groups, batch):
    command = [f"{build}/bench/alerts/alerts_load", str(target.port), str(alerts), str(groups), str(batch), str(CONNECTIONS), *target.headers]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def storm(build, kind, alerts, groups, batch):
    receiver = Receiver(build)
    target = kind(build, receiver.port)
    try:
        begun = cpu_s(target.pid)
        sent = json.loads(load(build, target, alerts, groups, batch).communicate()[0])
        accept_cpu = cpu_s(target.pid) - begun
        heard = receiver.until_all(groups)
        return {
            "rate": min(alerts, len(sent["taken"]) * batch) / (sent["ended_ns"] - sent["begun_ns"]) * 1e9,
            "p99_ms": sent["p99_ms"],
            "accept_cpu": accept_cpu,
            "cpu": cpu_s(target.pid) - begun,
            "peak": peak_mb(target.pid),
            "told_s": (heard["last_new_ns"] - sent["begun_ns"]) / 1e9,
            "missing": groups - heard["groups"] + sent["refused"],
        }
    finally:
        target.close()
        receiver.close()


def beside_peers(build, rounds):
    kinds = [Ours] + ([Alertmanager] if Alertmanager.binary else [])
    columns = ("rate", "p99_ms", "accept_cpu", "cpu", "peak", "told_s", "missing")
    print(f"{'alerts/groups, batch':24}{'':14}" + "".join(f"{title:>13}" for title in ("alerts/s", "p99 ms", "CPU s taking", "CPU s in all", "peak MB", "all told s", "missing")))
    for alerts, groups, batch in STORMS:
        rows = {kind: [] for kind in kinds}
        for _ in range(rounds):
            for kind in kinds:
                rows[kind].append(storm(build, kind, alerts, groups, batch))
        for kind in kinds:
            middle = {column: statistics.median(row[column] for row in rows[kind]) for column in columns}
            print(f"{f'{alerts}/{groups}, {batch}':24}{kind.name:14}{middle['rate']:13.0f}{middle['p99_ms']:13.1f}{middle['accept_cpu']:13.2f}"
                  f"{middle['cpu']:13.2f}{middle['peak']:13.1f}{middle['told_s']:13.2f}{middle['missing']:13.0f}", flush=True)
        if len(kinds) == 2:
            ratio = {column: statistics.median(a[column] / max(b[column], 1e-9) for a, b in zip(rows[Ours], rows[Alertmanager])) for column in columns}
            print(f"{'':24}{'ratio':14}" + "".join(f"{ratio[column]:13.2f}" for column in columns[:-1]), flush=True)


def over_two_crashes(build, alerts=150000, groups=5000, batch=64):
    """Killed while alerts come, and again while people are told: every acknowledged alert is there, nobody is told of a group twice."""
    receiver = Receiver(build)
    target = Ours(build, receiver.port)
    try:
        process = load(build, target, alerts, groups, batch)
        time.sleep(1.2)
        target.server.kill()
        taken = json.loads(process.communicate()[0])["taken"]
        begun = time.monotonic()
        target.server.start()
        started = time.monotonic() - begun
        known = {int(each["labels"]["instance"][9:15]) for each in target.server.get("/api/v2/alerts").json()}
        acknowledged = {number for each in taken for number in range(each * batch, min((each + 1) * batch, alerts))}
        known_groups = len({number % groups for number in known})
        told_first = receiver.until_all(known_groups // 2)["groups"]
        target.server.kill()
        target.server.start()
        receiver.until_all(known_groups)
        time.sleep(5)
        heard = receiver.heard()
        print(f"\nkilled after {len(acknowledged)} of {alerts} alerts were acknowledged: {len(acknowledged - known)} of them lost, ready again after "
              f"{started:.2f} s; killed again after {told_first} of {known_groups} groups were told: {heard['groups']} told in the end, "
              f"{heard['twice']} of them twice")
    finally:
        target.close()
        receiver.close()


def send_sessions(server, seconds_ago=0):
    now = int((time.time() - seconds_ago) * 1e6)
    for start in range(0, SESSIONS, 500):
        server.send_events(*[{"id": f"s{i}", "time_us": now, "kind": "model_call", "status": "ok", "agent": f"agent-{i % 200}", "session": f"s{i}",
                              "model": "gpt-5-mini", "input_tokens": 1000, "output_tokens": 50, "duration_us": 900000} for i in range(start, start + 500)])
    eventually(lambda: server.get("/api/v1/sessions?limit=1").json()["total"] == SESSIONS)


def rules_at_rest(build, seconds=30):
    """What the rules cost of a core: with all of them, and with none."""
    shares = []
    for count in (0, RULES):
        # Short, because a configuration has at most 1 MiB.
        rules = "".join(f'  - {{name: rule-{i}, where: \'session="s{i % SESSIONS}", state="failed"\'}}\n'
                        for i in range(count))
        server = Nightshift(f"{build}/nightshift", config=f"alerts:\n  defaults: false\n  rules:\n{rules}" if count else "alerts: {defaults: false}\n").start()
        try:
            send_sessions(server)
            time.sleep(5)
            before = cpu_s(server.process.pid)
            time.sleep(seconds)
            shares.append((cpu_s(server.process.pid) - before) / seconds * 100)
        finally:
            server.clean()
    print(f"\n{RULES} rules over {SESSIONS} sessions at rest: {shares[1]:.1f} % of a core; without rules {shares[0]:.1f} %")


def diagnosis_times(build, count=500):
    """From the symptom to the diagnosed incident, one after the other, of jobs and sessions that are there."""
    config = "jobs:\n" + "".join(f"  - {{name: job-{i}, command: 'true', schedule: {{every: 1h}}}}\n" for i in range(200))
    server = Nightshift(f"{build}/nightshift", config=config).start()
    try:
        send_sessions(server)
        took, decided, asked = [], [], []
        for i in range(count):
            subject = f"job:job-{i % 200}" if i % 2 else f"session:s{i}"
            begun = time.monotonic()
            answer = server.post("/api/v1/diagnose", {"subject": subject})
            asked.append((time.monotonic() - begun) * 1e3)
            assert answer.status == 200, answer.body
            diagnosis = answer.json()["diagnosis"]
            took.append(diagnosis["took_us"] / 1e3)
            decided.append(diagnosis["decision_us"] / 1e3)
        print(f"\n{count} diagnoses, ms (p50, p99, most): " + "; ".join(
            f"{name} {statistics.median(values):.2f}, {statistics.quantiles(values, n=100)[98]:.2f}, {max(values):.2f}"
            for name, values in (("decision", decided), ("with its facts", took), ("over REST", asked))))
    finally:
        server.clean()


def symptoms(build, failing=400, seconds=80):
    """From the event that says that a session failed to its diagnosed incident and to who is told, with the usual intervals, while telemetry and
    the alerts of others come."""
    receiver = Receiver(build)
    config = CONFIG.format(receiver=receiver.port).replace("[alertname, service], wait: {info: 1s, warning: 1s, critical: 1s}", "[alertname, session]")
    server = Nightshift(f"{build}/nightshift", config=config).start()
    try:
        send_sessions(server)
        time.sleep(16)  # who is told of what was there at the start waits for that long
        cpu, begun, number, happened = cpu_s(server.process.pid), time.monotonic(), 0, []
        while time.monotonic() - begun < seconds:
            now = int(time.time() * 1e6)
            calls = [{"id": f"c{number}-{i}", "time_us": now, "kind": "model_call", "status": "ok", "agent": f"agent-{i}", "session": f"s{(number * 50 + i) % SESSIONS}",
                      "model": "gpt-5-mini", "input_tokens": 1000, "output_tokens": 50, "duration_us": 900000} for i in range(50)]
            failed = len(happened)
            if failed < failing and (time.monotonic() - begun) / (seconds - 10) * failing > failed:
                happened.append(now / 1e6)
                calls.append({"id": f"f{failed}", "time_us": now, "kind": "turn", "name": "run", "status": "error", "error_type": "tool_error",
                              "agent": f"broken-{failed}", "session": f"broken-{failed}"})
            server.send_events(*calls)
            server.post("/api/v2/alerts", [{"labels": {"alertname": "Else", "service": f"x{i}", "instance": f"{number}-{i}"}} for i in range(5)])
            number += 1
            time.sleep(max(0, begun + number * 0.05 - time.monotonic()))
        cpu = (cpu_s(server.process.pid) - cpu) / seconds * 100
        found, cursor = [], ""
        while True:
            page = server.get(f"/api/v1/incidents?limit=500&rule=session_failed&cursor={cursor}").json()
            found += page["items"]
            cursor = page["next_cursor"] or ""
            if not cursor:
                break
        since = lambda moment: sorted(each[moment] / 1e3 - happened[int(each["subject"]["name"].split("-")[1])] for each in found if each[moment])
        took, told = since("diagnosed_ms"), since("notified_ms")
        print(f"\n{len(happened)} sessions failed in {seconds} s beside {number * 50 // seconds} events/s and {number * 5 // seconds} alerts/s of others ({cpu:.0f} % of a core): "
              f"{len(took)} incidents; s (p50, p99, most) until diagnosed " + ", ".join(f"{each:.2f}" for each in (statistics.median(took), statistics.quantiles(took, n=100)[98], took[-1]))
              + f"; until {len(told)} were told " + ", ".join(f"{each:.2f}" for each in (statistics.median(told), statistics.quantiles(told, n=100)[98], told[-1])))
    finally:
        server.clean()
        receiver.close()


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build/release"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    parts = sys.argv[3].split(",") if len(sys.argv) > 3 else ["peers", "crash", "rules", "diagnosis", "symptoms"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    build = str(pathlib.Path(build).resolve())
    if "peers" in parts:
        beside_peers(build, rounds)
    if "crash" in parts:
        over_two_crashes(build)
    if "rules" in parts:
        rules_at_rest(build)
    if "diagnosis" in parts:
        diagnosis_times(build)
    if "symptoms" in parts:
        symptoms(build)


if __name__ == "__main__":
    main()
