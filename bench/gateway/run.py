#!/usr/bin/env python3
"""The model gateway beside Portkey (after `npm ci` in this folder), nginx and haproxy (where installed) and no proxy at all, in one
run: calls a second, latency at fixed rates, time to first token, CPU. Load and upstream share one core, the proxy has the other.

    bench/gateway/run.py build/release [seconds=2] [only=nightshift,nginx] [rt]

With `rt` (root) all that is measured is scheduled before everything else on the machine, in bursts, and the middle of five counts:
10,000 calls a second and the streams alone.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

CLOSED = (1, 32, 256)
OPEN = (200, 1000, 5000, 10000)
HERE = pathlib.Path(__file__).resolve().parent
PORTKEY = HERE / "node_modules/@portkey-ai/gateway/build/start-server.js"
STREAMS = 100


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


def family(pid):
    """The process and its children: nginx works in a child."""
    out = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [pid] + [int(child) for child in out.split()]


def cpu_us(pid):
    total = 0
    for process in family(pid):
        for task in pathlib.Path(f"/proc/{process}/task").glob("*/schedstat"):
            total += int(task.read_text().split()[0])
    return total / 1000


def memory_mb(pid):
    total = 0
    for process in family(pid):
        for line in pathlib.Path(f"/proc/{process}/status").read_text().split("\n"):
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total / 1024


class Target:
    def __init__(self, name, port, process=None, headers=(), open_max=None):
        self.name, self.port, self.process, self.headers = name, port, process, list(headers)
        self.open_max = open_max  # calls a second beyond which it only queues


class Bench:
    def __init__(self, build, seconds, is_real_time=False):
        self.build, self.seconds, self.is_real_time = build, seconds, is_real_time
        self.folder = tempfile.TemporaryDirectory(prefix="nightshift-gateway-bench-")
        self.processes = []

    def spawn(self, core, *command, env=None):
        log = open(f"{self.folder.name}/{pathlib.Path(command[0]).name}-{len(self.processes)}.log", "w")
        process = subprocess.Popen(["taskset", "-c", str(core), *command], stdout=log, stderr=log, env={**os.environ, **(env or {})})
        self.processes.append(process)
        return process

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait()
        self.folder.cleanup()

    def upstream(self):
        port = free_port()
        process = self.spawn(0, f"{self.build}/bench/gateway/gateway_upstream", str(port))
        wait_for(port)
        return port, process

    def nightshift(self, name, routes, ports):
        port = free_port()
        config = {"server": {"threads": 1}, "gateway": {  # one core is all it has
            "providers": [{"name": f"up{i}", "kind": "openai", "url": f"http://127.0.0.1:{each}/v1", "keys": ["${BENCH_KEY}"]}
                          for i, each in enumerate(ports)],
            "routes": [{"name": model, "targets": [{"provider": f"up{i}", "model": model, "price": {"input": 1, "output": 2}}
                                                   for i in range(len(ports))]} for model in routes],
            "limits": [{"name": "day", "scope": "tenant", "per": "day", "tokens": 10**15},
                       {"name": "agent", "scope": "agent", "per": "hour", "usd": 1e9}],
        }}
        folder = pathlib.Path(self.folder.name, name)
        folder.mkdir()
        (folder / "nightshift.yaml").write_text(json.dumps(config))
        process = self.spawn(1, f"{self.build}/nightshift", "up", "--data", str(folder / "data"), "--listen", f"127.0.0.1:{port}",
                             "--otlp", f"127.0.0.1:{free_port()}", "--config", str(folder / "nightshift.yaml"),
                             env={"BENCH_KEY": "bench-key-000"})
        wait_for(port)
        token_file = folder / "data/admin.token"
        while not token_file.exists():
            time.sleep(0.05)
        return Target("nightshift", port, process, [f"Authorization: Bearer {token_file.read_text().strip()}"])

    def nginx(self, upstream):
        port = free_port()
        config = pathlib.Path(self.folder.name, "nginx.conf")
        config.write_text(f"""
worker_processes 1; daemon off; pid {self.folder.name}/nginx.pid; error_log stderr error;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 100000000; tcp_nodelay on; client_body_buffer_size 128k;
  client_body_temp_path {self.folder.name}/b; proxy_temp_path {self.folder.name}/p; fastcgi_temp_path {self.folder.name}/f;
  uwsgi_temp_path {self.folder.name}/u; scgi_temp_path {self.folder.name}/s;
  upstream up {{ server 127.0.0.1:{upstream}; keepalive 512; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{port} backlog=4096;
    location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }} }}
}}
""")
        process = self.spawn(1, shutil.which("nginx"), "-c", str(config), "-p", self.folder.name)
        wait_for(port)
        return Target("nginx", port, process)

    def haproxy(self, upstream):
        port = free_port()
        config = pathlib.Path(self.folder.name, "haproxy.cfg")
        config.write_text(f"""
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  option http-keep-alive
  http-reuse always
frontend in
  bind 127.0.0.1:{port}
  default_backend up
backend up
  server one 127.0.0.1:{upstream}
""")
        process = self.spawn(1, shutil.which("haproxy"), "-db", "-f", str(config))
        wait_for(port)
        return Target("haproxy", port, process)

    def portkey(self, upstream):
        port = free_port()
        process = self.spawn(1, "node", str(PORTKEY), "--headless", f"--port={port}", env={"NODE_ENV": "production"})
        wait_for(port)
        headers = ["Authorization: Bearer bench-key-000", "x-portkey-provider: openai", f"x-portkey-custom-host: http://127.0.0.1:{upstream}/v1"]
        return Target("portkey", port, process, headers, open_max=500)

    def pin(self, target, core):
        for pid in family(target.process.pid) if target.process else []:
            subprocess.run(["taskset", "-apc", str(core), str(pid)], stdout=subprocess.DEVNULL, check=False)

    def schedule_first(self, process):
        for pid in family(process.pid):
            subprocess.run(["chrt", "-a", "-f", "-p", "10", str(pid)], check=True)

    def middle_load(self, by, *arguments):
        """Of five in real time, with a pause: the kernel holds back what takes a core for a second."""
        if not self.is_real_time:
            return self.load(*arguments)
        rows = []
        for _ in range(5):
            time.sleep(1.2)
            rows.append(self.load(*arguments))
        return sorted(rows, key=lambda row: row[by])[2]

    def load(self, target, mode, amount, model, seconds=None):
        seconds = seconds or self.seconds
        begun = cpu_us(target.process.pid) if target.process else 0
        before = ["chrt", "-f", "10"] if self.is_real_time else []
        command = [*before, "taskset", "-c", "0", f"{self.build}/bench/gateway/gateway_load", str(target.port), mode, str(amount),
                   str(seconds), model, *target.headers]
        result = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        # The half second of warming up is work, too.
        share = seconds / (seconds + 0.5)
        used = (cpu_us(target.process.pid) - begun) * share if target.process else 0
        calls = result["calls_s"] * seconds
        result["cpu_us_call"] = used / calls if calls else 0
        result["cpu_us_token"] = used / (result["tokens_s"] * seconds) if result.get("tokens_s") else 0
        return result


def print_rows(bench, targets):
    print(f"{'':12}{'load':>14}{'calls/s':>9}{'p50 µs':>9}{'p99 µs':>9}{'+p50':>8}{'+p99':>8}{'CPU µs/call':>13}{'errors':>8}")
    loads = [("one core", 1), *(("closed", amount) for amount in CLOSED), *(("open", amount) for amount in OPEN)]
    if bench.is_real_time:
        loads = loads[-1:]
    for mode, amount in loads:
        direct = None
        for target in targets:
            if mode == "open" and target.open_max and amount > target.open_max:
                continue
            # Load, proxy and upstream on one core: the work alone, without a wake-up across cores.
            bench.pin(target, 0 if mode == "one core" else 1)
            row = bench.middle_load("p99_us", target, "open" if mode == "open" else "closed", amount, "bench")
            direct = direct or row
            print(f"{target.name:12}{mode + ' ' + str(amount):>14}{row['calls_s']:>9.0f}{row['p50_us']:>9.0f}{row['p99_us']:>9.0f}"
                  f"{row['p50_us'] - direct['p50_us']:>8.0f}{row['p99_us'] - direct['p99_us']:>8.0f}{row['cpu_us_call']:>13.1f}{row['errors']:>8}")
    print(f"\n{'':12}{'streams':>14}{'tokens/s':>9}{'first p50':>11}{'p99':>8}{'transit p50':>13}{'p99':>8}{'CPU µs/token':>14}{'MB':>7}{'errors':>8}")
    for target in targets:
        row = bench.middle_load("first_p50_us", target, "stream", STREAMS, "bench-n100-itl20", max(bench.seconds, 3))
        memory = memory_mb(target.process.pid) if target.process else 0
        print(f"{target.name:12}{STREAMS:>14}{row['tokens_s']:>9.0f}{row['first_p50_us']:>11.0f}{row['first_p99_us']:>8.0f}{row['transit_p50_us']:>13.0f}"
              f"{row['transit_p99_us']:>8.0f}{row['cpu_us_token']:>14.1f}{memory:>7.1f}{row['errors']:>8}")


def memory_of_streams(bench):
    """What one more stream costs in memory, by 1,000 of them in a fresh process."""
    port, _ = bench.upstream()
    target = bench.nightshift("streams", ["bench-n100-itl50"], [port])
    bench.load(target, "closed", 8, "bench-n100-itl50", 1)
    before = memory_mb(target.process.pid)
    command = ["taskset", "-c", "0", f"{bench.build}/bench/gateway/gateway_load", str(target.port), "stream", "1000", "4", "bench-n100-itl50", *target.headers]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    time.sleep(3.5)
    during = memory_mb(target.process.pid)
    errors = json.loads(load.communicate()[0])["errors"]
    print(f"\nmemory: {before:.1f} MB before, {(during - before) * 1024 / 1000:.1f} KB for each of 1,000 streams, {errors} errors")


def provider_dies(bench):
    """Three targets, 200 calls a second; the first two die on the way."""
    upstreams = [bench.upstream() for _ in range(3)]
    target = bench.nightshift("dying", ["bench"], [port for port, _ in upstreams])
    command = ["taskset", "-c", "0", f"{bench.build}/bench/gateway/gateway_load", str(target.port), "open", "200", "6", "bench", *target.headers]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for _, process in upstreams[:2]:
        time.sleep(2)
        process.send_signal(signal.SIGKILL)
    result = json.loads(load.communicate()[0])
    print(f"\ntwo of three providers die under 200 calls/s: {result['errors']} of {result['calls_s'] * 6:.0f} calls failed, p99 {result['p99_us']:.0f} µs")


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build/release"
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    only = sys.argv[3].split(",") if len(sys.argv) > 3 else ["nightshift", "nginx", "haproxy", "portkey"]
    bench = Bench(build, seconds, sys.argv[4:] == ["rt"])
    try:
        port, upstream = bench.upstream()
        targets = [Target("direct", port)]
        if "nightshift" in only:
            targets.append(bench.nightshift("nightshift", ["bench", "bench-n100-itl20"], [port]))
        for name in ("nginx", "haproxy"):
            if name in only and shutil.which(name):
                targets.append(getattr(bench, name)(port))
        if "portkey" in only and PORTKEY.exists():
            targets.append(bench.portkey(port))
        if bench.is_real_time:
            for process in [upstream, *(target.process for target in targets if target.process)]:
                bench.schedule_first(process)
        print_rows(bench, targets)
        if "nightshift" in only and not bench.is_real_time:
            memory_of_streams(bench)
            provider_dies(bench)
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
