"""A server that watches, for tests, and the ways to it."""
import collections
import datetime
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "program"))
from nightshift import Nightshift, eventually

BINARY = os.environ["NIGHTSHIFT_BINARY"]
PATIENCE = 60  # seconds; nothing here is timed, this only ends a test that hangs
# As long as a group waits, and the round after it: what has not come by then is not on its way.
QUIET = 3
SHORT = "group_by: [alertname, group], wait: {info: 1s, warning: 1s, critical: 1s}, interval: 1s"


def at(seconds_from_now):
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_from_now)
    return time.isoformat().replace("+00:00", "Z")


def alert(name, ends=None, summary=None, **labels):
    made = {"labels": {"alertname": name, "severity": "critical", **labels}, "annotations": {"summary": summary or f"{name} fires"}}
    if ends is not None:
        made["endsAt"] = at(ends)
    return made


def matcher(name, value, regex=False):
    return {"name": name, "value": value, "isRegex": regex, "isEqual": True}


class Alerting(Nightshift):
    def __init__(self, config):
        super().__init__(BINARY, config=config)

    def fire(self, *alerts):
        answer = self.post("/api/v2/alerts", list(alerts))
        assert answer.status == 200, answer.body
        return answer

    def silence(self, *matchers, seconds=600):
        body = {"matchers": list(matchers), "startsAt": at(0), "endsAt": at(seconds), "createdBy": "a test", "comment": "so that it is quiet"}
        answer = self.post("/api/v2/silences", body)
        assert answer.status == 200, answer.body
        return answer.json()["silenceID"]

    def known(self, name):
        return [each for each in self.get("/api/v2/alerts").json() if each["labels"]["alertname"] == name]

    def incidents(self, title, state=""):
        """All of them whose title has that word, whole, oldest first."""
        items = self.get(f"/api/v1/incidents?limit=500&state={state}").json()["items"]
        return [self.get(f"/api/v1/incidents/{each['id']}").json() for each in reversed(items) if title in each["title"]]

    def diagnosed(self, title):
        """Waits for the incident and its diagnosis."""

        def look():
            found = self.incidents(title)
            return found[0] if found and found[0]["diagnosis"] else False

        return eventually(look, PATIENCE)


def posts_by_thread(messages):
    """How many living messages began in each thread: those with the same id are the same one, sent again."""
    ids = collections.defaultdict(set)
    for each in messages:
        if each.data["mode"] == "post":
            ids[each.data["thread"]].add(each.id)
    return {thread: len(known) for thread, known in ids.items()}
