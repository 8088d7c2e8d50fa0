"""Two nodes that hear of the same alerts: people hear of each once, also when one of them dies."""
import pathlib
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from alerting import PATIENCE, QUIET, SHORT, Alerting, alert, eventually, matcher, posts_by_thread
from receiver import Receiver

CONFIG = """
channels: [{{name: hook, kind: webhook, url: "{peer}/{name}"}}]
alerts: {{{short}}}
incidents:
  notify: [hook]
  nodes: {{name: {name}, wait: 5s, others: [{{name: {other}, url: "{url}", token: "${{OTHER_TOKEN}}"}}]}}
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Nodes(unittest.TestCase):
    def setUp(self):
        self.peer = Receiver()
        self.north, self.south = Alerting(None), Alerting(None)
        ports = {"north": free_port(), "south": free_port()}
        # Each needs the other's token before it starts: the first starts of both make them.
        for node in (self.north, self.south):
            node.start().stop()
        for name, node, other in (("north", self.north, self.south), ("south", self.south, self.north)):
            away = "south" if name == "north" else "north"
            node.config = CONFIG.format(peer=self.peer.url, short=SHORT, name=name, other=away, url=f"http://127.0.0.1:{ports[away]}")
            node.listen = f"127.0.0.1:{ports[name]}"
            node.start(environment={"OTHER_TOKEN": other.token})

    def tearDown(self):
        self.north.clean()
        self.south.clean()
        self.peer.close()

    def fire(self, *alerts):
        for node in (self.north, self.south):
            node.fire(*alerts)

    def told_by(self, name):
        return self.south.incidents(name)[0]["told_by"] if self.south.incidents(name) else None

    def test_the_first_tells_and_the_other_when_it_is_gone(self):
        self.fire(alert("Broken"))
        eventually(lambda: self.peer.seen("/north", "Broken"), PATIENCE)
        eventually(lambda: self.told_by("Broken") == "north", PATIENCE)
        self.north.silence(matcher("alertname", "Hushed"))
        self.fire(alert("Hushed"))
        eventually(lambda: self.told_by("Hushed") == "north", PATIENCE)
        time.sleep(QUIET)
        self.assertEqual(self.peer.seen("/south"), [])
        self.assertEqual(len(posts_by_thread(self.peer.seen("/north"))), 1)

        self.north.kill()
        eventually(lambda: self.peer.seen("/south", "Broken"), PATIENCE)
        self.fire_south_only()
        said = [each["text"] for each in self.south.incidents("Broken")[0]["timeline"]]
        self.assertIn("left to node north, which deals with it", said)
        self.assertIn("node north does not deal with it any more; this one does", said)
        failing = [each["part"] for each in self.south.get("/api/v1/system").json()["failing"]]
        self.assertIn("node north", failing)

    def fire_south_only(self):
        self.south.fire(alert("Later"))
        eventually(lambda: self.peer.seen("/south", "Later"), PATIENCE)


if __name__ == "__main__":
    unittest.main()
