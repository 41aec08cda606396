"""The spool, the health watch, and the events they give rise to."""

import contextlib
import io
import json
import os
import pathlib
import tempfile
import unittest
import urllib.error

from tests import load_sensor

from incident_flow import events, health, spool

LATER = 10_000_000_000


class SpoolTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.spool = pathlib.Path(folder.name)
        self.delivered = []

    def put(self, name, content):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        (self.spool / name).write_bytes(data)

    def drain(self, now=LATER):
        return spool.drain(self.spool, self.delivered.append, now)

    def test_alerts_are_delivered_in_order_and_kept(self):
        self.put("2.json", {"service": "b"})
        self.put("1.json", {"service": "a"})
        self.put("3.json.tmp", {"service": "c"})
        self.assertEqual(self.drain(), {"delivered": 2, "bad": 0, "waiting": 0})
        self.assertEqual([alert["service"] for alert in self.delivered], ["a", "b"])
        self.assertEqual(sorted(os.listdir(self.spool / "done")), ["1.json", "2.json"])
        self.assertEqual(self.drain()["delivered"], 0)

    def test_what_can_never_be_an_alert_is_set_aside(self):
        self.put("text.json", b"hello")
        self.put("list.json", [1])
        self.put("nobody.json", {"severity": "error"})
        self.put("huge.json", {"service": "a", "x": "y" * spool.MAX_ALERT_BYTES})
        self.put("secret", {"service": "root"})
        os.symlink(self.spool / "secret", self.spool / "link.json")
        os.symlink(self.spool / "nowhere", self.spool / "dangling.json")
        self.assertEqual(self.drain(), {"delivered": 0, "bad": 6, "waiting": 0})

    def test_a_file_that_is_still_written_is_left_for_later(self):
        self.put("half.json", b'{"service": ')
        self.assertEqual(self.drain(now=(self.spool / "half.json").stat().st_mtime + 1)["waiting"], 1)
        self.put("half.json", {"service": "a"})
        self.assertEqual(self.drain()["delivered"], 1)

    def test_an_alert_that_could_not_be_delivered_stays(self):
        self.put("1.json", {"service": "a"})

        def refuse(_):
            raise OSError("the API is away")

        with self.assertRaises(OSError):
            spool.drain(self.spool, refuse, LATER)
        self.assertEqual(self.drain()["delivered"], 1)


class HealthTest(unittest.TestCase):
    def observe(self, outcomes, threshold=3):
        watch = health.Watch("web", threshold)
        seen = [watch.observe(outcome == "+", float(at), "refused") for at, outcome in enumerate(outcomes)]
        return [(at, *event) for at, event in enumerate(seen) if event]

    def test_a_blip_is_not_an_outage(self):
        self.assertEqual(self.observe("+--+--+"), [])

    def test_an_outage_began_with_its_first_failure(self):
        self.assertEqual(self.observe("++---"), [(4, "service_down", {"service": "web", "since": 2.0, "detail": "refused"})])

    def test_it_is_told_once(self):
        self.assertEqual(len(self.observe("--------")), 1)

    def test_a_recovery_must_last(self):
        found = self.observe("---++-+++")
        self.assertEqual([event[:2] for event in found], [(2, "service_down"), (8, "service_recovered")])
        self.assertEqual(found[1][2]["down_seconds"], 6.0)


class EventSinkTest(unittest.TestCase):
    def test_an_event_is_posted_with_the_token(self):
        seen = []

        def open_url(request, timeout):
            seen.append(request)
            return contextlib.nullcontext()

        sink = events.EventSink({"ATTUNE_API_URL": "http://api.example/", "ATTUNE_API_TOKEN": "t"}, open_url)
        sink.emit("service_down", {"service": "web"})
        self.assertEqual(seen[0].full_url, "http://api.example/api/v1/events")
        self.assertEqual(seen[0].get_header("Authorization"), "Bearer t")
        self.assertEqual(json.loads(seen[0].data)["trigger_ref"], "incident_flow.service_down")

    def test_a_missing_environment_is_told(self):
        with self.assertRaisesRegex(SystemExit, "ATTUNE_API_URL"):
            events.EventSink({})


class TriggerConfigTest(unittest.TestCase):
    def configs(self, text):
        return events.trigger_configs({"ATTUNE_SENSOR_TRIGGERS": text}, "service_down")

    def test_only_the_wanted_trigger_counts(self):
        entries = [
            {"ref": "incident_flow.service_down", "config": {"url": "http://a"}},
            {"trigger_ref": "incident_flow.service_down", "trigger_params": {"url": "http://b"}},
            {"ref": "incident_flow.service_down", "config": None},
            {"ref": "incident_flow.alert_received", "config": {"spool": "/s"}},
        ]
        self.assertEqual(self.configs(json.dumps(entries)), [{"url": "http://a"}, {"url": "http://b"}, {}])

    def test_none_at_all(self):
        self.assertEqual(events.trigger_configs({}, "service_down"), [])

    def test_anything_else_is_told(self):
        for text in ["{", "{}", "[1]"]:
            with self.subTest(text=text), self.assertRaises(SystemExit):
                self.configs(text)


class ServiceWatchTest(unittest.TestCase):
    def test_events_wait_until_they_are_delivered(self):
        sensor = load_sensor("service_watch")
        watches = {"http://web.example": health.Watch("web", 1)}
        pending, delivered = [], []

        class Sink:
            broken = True

            def emit(self, *event):
                if self.broken:
                    raise OSError("away")
                delivered.append(event)

        sink = Sink()
        with self.assertRaises(OSError):
            sensor.step(watches, pending, sink, 1.0, lambda url: (False, "refused"))
        self.assertEqual(len(pending), 1)
        sink.broken = False
        sensor.step(watches, pending, sink, 2.0, lambda url: (True, "status 200"))
        self.assertEqual([event[0] for event in delivered], ["service_down", "service_recovered"])
        self.assertEqual(pending, [])

    def test_probe_outcomes(self):
        probe = load_sensor("service_watch").probe

        def raising(error):
            def open_url(url, timeout):
                raise error

            return open_url

        self.assertEqual(probe("http://x", raising(urllib.error.HTTPError("http://x", 503, "", None, io.BytesIO()))), (False, "status 503"))
        self.assertEqual(probe("http://x", raising(urllib.error.URLError("refused"))), (False, "refused"))


if __name__ == "__main__":
    unittest.main()
