"""Classification and notes."""

import json
import os
import subprocess
import sys
import unittest

from tests import PACK, load_action

from incident_flow import action, notes, severity


class ClassifyTest(unittest.TestCase):
    def test_levels(self):
        for word, critical, repeats, expected in [
            ("ok", True, 99, "info"),
            ("warning", False, 1, "minor"),
            ("WARNING", True, 1, "major"),
            ("warning", False, 4, "minor"),
            ("warning", False, 5, "major"),
            ("warning", True, 5, "critical"),
            ("error", False, 1, "major"),
            ("page", True, 9, "critical"),
        ]:
            with self.subTest(word=word, critical=critical, repeats=repeats):
                verdict = severity.classify({"service": "db", "severity": word}, ["db"] if critical else [], repeats)
                self.assertEqual(verdict["severity"], expected)
                self.assertEqual(verdict["page"], expected in ("major", "critical"))

    def test_an_alert_without_severity_is_a_warning(self):
        result = load_action("classify_alert").work({"alert": {"service": "db", "summary": "slow"}})
        self.assertEqual((result["severity"], result["summary"], result["page"]), ("minor", "slow", False))

    def test_bad_alerts_are_refused(self):
        work = load_action("classify_alert").work
        for params in [{}, {"alert": "x"}, {"alert": {"severity": "error"}}, {"alert": {"service": "a", "severity": "odd"}}]:
            with self.subTest(params=params), self.assertRaises(action.ParameterError):
                work(params)


class NotesTest(unittest.TestCase):
    FULL = {
        "severity": "major",
        "service": "db",
        "summary": "Replication stopped.",
        "reasons": ["reported as error", "db is a critical service"],
        "checks": {"load": {"status": "ok", "message": "a|b\nc"}, "disk": {}},
        "weather": "Forecast\n\nsunny\n",
        "down_seconds": 3725,
    }

    def test_everything_known(self):
        self.assertEqual(
            notes.render(self.FULL),
            "# MAJOR: db\n"
            "\n"
            "Replication stopped.\n"
            "\n"
            "Why this severity: reported as error; db is a critical service.\n"
            "\n"
            "Down for 1 h 2 min.\n"
            "\n"
            "| check | status | message |\n"
            "|---|---|---|\n"
            "| disk | unknown |  |\n"
            "| load | ok | a\\|b c |\n"
            "\n"
            "Weather at the site:\n"
            "\n"
            "    Forecast\n"
            "\n"
            "    sunny\n"
            "\n",
        )

    def test_hardly_anything_known(self):
        for nothing in ({}, {"summary": None, "reasons": None, "checks": {}, "weather": "", "down_seconds": None}):
            text = notes.render({"severity": "info", "service": "db", **nothing})
            self.assertEqual(text, "# INFO: db\n\nNo summary was given.\n")

    def test_durations(self):
        for seconds, text in [(0, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (7200, "2 h 0 min")]:
            self.assertEqual(notes.duration(seconds), text)

    def test_bad_templates_are_refused(self):
        work = load_action("render_notes").work
        for template in [
            "{{ incident.nothing }}",
            "{{ nobody }}",
            "{% if %}",
            "{{ ''.__class__.__mro__ }}",
            "{{ incident.items.__globals__ }}",
        ]:
            with self.subTest(template=template), self.assertRaises(action.ParameterError):
                work({"incident": self.FULL, "template": template})

    def test_the_scripts_speak_json(self):
        for name, params, key in [
            ("render_notes.py", {"incident": self.FULL}, "notes"),
            ("classify_alert.py", {"alert": {"service": "db"}}, "severity"),
        ]:
            done = subprocess.run(
                [sys.executable, str(PACK / "actions" / name)],
                input=json.dumps(params),
                env={**os.environ, "PYTHONPATH": str(PACK / "lib")},
                capture_output=True,
                text=True,
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(key, json.loads(done.stdout))


if __name__ == "__main__":
    unittest.main()
