#!/usr/bin/env python3
"""Start to serving, idle memory and CPU, and the fleet list over REST with 5,000 sessions (by wrk, beside nginx serving the
same bytes from memory, when nginx is installed).

    bench/program/run.py build/release/nightshift
"""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e/program"))
from nightshift import Nightshift, eventually

SESSIONS = 5000
PAGE = 100


def measure_start(binary, rounds=10):
    """Milliseconds from exec until a TCP connection gets a 200."""
    times = []
    for _ in range(rounds):
        server = Nightshift(binary)
        begun = time.monotonic()
        server.start()
        while server.get("/readyz", token=None).status != 200:
            time.sleep(0.001)
        times.append((time.monotonic() - begun) * 1e3)
        server.clean()
    return statistics.median(times)


def process_numbers(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    rss = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
    return ticks / os.sysconf("SC_CLK_TCK"), rss / 1024


def measure_idle(binary, seconds=20):
    server = Nightshift(binary).start()
    time.sleep(2)
    cpu_before, _ = process_numbers(server.process.pid)
    time.sleep(seconds)
    cpu_after, rss = process_numbers(server.process.pid)
    server.clean()
    return (cpu_after - cpu_before) / seconds * 100, rss


def fill(server):
    now = int(time.time() * 1e6)
    for start in range(0, SESSIONS, 500):
        server.send_events(*[{"id": f"s{i}", "time_us": now, "kind": "model_call", "status": "ok", "agent": f"agent-{i % 200}",
                              "session": f"session-{i:05}", "model": "gpt-5-mini", "input_tokens": 1000, "output_tokens": 50,
                              "duration_us": 900000} for i in range(start, start + 500)])
    eventually(lambda: server.get("/api/v1/sessions?limit=1").json()["total"] == SESSIONS)


def wrk(url, token=None, seconds=8):
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", url]
    if token:
        command[1:1] = ["-H", f"Authorization: Bearer {token}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return rate, float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit], int(errors[1]) if errors else 0


def measure_list(binary):
    server = Nightshift(binary).start()
    fill(server)
    path = f"/api/v1/sessions?limit={PAGE}"
    body = server.get(path).body
    ours = wrk(server.url + path, server.token)
    peer = measure_nginx(body) if shutil.which("nginx") else None
    server.clean()
    return ours, peer, len(body)


def measure_nginx(body):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-nginx-"))
    (folder / "page.json").write_bytes(body)
    (folder / "nginx.conf").write_text(f"""
worker_processes 2; pid {folder}/pid; error_log {folder}/error.log; daemon off;
events {{ worker_connections 1024; }}
http {{ access_log off; open_file_cache max=10; server {{ listen 127.0.0.1:18099 reuseport; root {folder}; }} }}
""")
    os.chmod(folder, 0o755)
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")])
    time.sleep(0.5)
    try:
        return wrk("http://127.0.0.1:18099/page.json")
    finally:
        nginx.terminate()
        nginx.wait()
        shutil.rmtree(folder)


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    print(f"start to ready          {measure_start(binary):8.0f} ms")
    cpu, rss = measure_idle(binary)
    print(f"idle                    {cpu:8.2f} % CPU   {rss:6.1f} MB RSS")
    ours, peer, size = measure_list(binary)
    print(f"sessions, page of {PAGE} ({size} B), {SESSIONS} sessions")
    print(f"  nightshift            {ours[0]:8.0f} requests/s   p99 {ours[1]:6.2f} ms   {ours[2]} errors")
    if peer:
        print(f"  nginx, static file    {peer[0]:8.0f} requests/s   p99 {peer[1]:6.2f} ms   ratio {ours[0] / peer[0]:.2f}")


if __name__ == "__main__":
    main()
