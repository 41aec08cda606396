"""The pack's actions; requests runs in full over a transport that answers from memory."""

import io
import json
import os
import subprocess
import sys
import unittest
from urllib.parse import parse_qs, urlsplit

from tests import PACK, load_action

import requests
import yaml
from requests.adapters import BaseAdapter

from weather import action, forecast, report, units

DAILY = {
    "time": ["2025-07-01", "2025-07-02"],
    "temperature_2m_max": [33.5, 20.0],
    "temperature_2m_min": [19.0, None],
    "precipitation_sum": [0.0, 31.2],
    "wind_speed_10m_max": [12.0, 60.0],
}


class CannedAdapter(BaseAdapter):
    """Answers each request with the next of `outcomes`: (status, body) or an exception."""

    def __init__(self, outcomes):
        super().__init__()
        self.outcomes = list(outcomes)
        self.requests = []

    def send(self, request, **_):
        self.requests.append(request)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        status, body = outcome
        response = requests.Response()
        response.status_code, response.url, response.request = status, request.url, request
        response.raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        response.headers["Content-Type"] = "application/json"
        return response

    def close(self):
        return None


def fetch(outcomes, **params):
    """Runs fetch_forecast over `outcomes`; returns its result and the adapter."""
    adapter = CannedAdapter(outcomes)
    session = forecast.session(1)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    work = load_action("fetch_forecast").work
    return work({"latitude": 52.52, "longitude": 13.41, **params}, http=session), adapter


SAMPLE, _ = fetch([(200, {"daily": DAILY})], place="Berlin")


class FetchTest(unittest.TestCase):
    def test_a_forecast(self):
        self.assertEqual(SAMPLE["place"], "Berlin")
        self.assertEqual(SAMPLE["days"][0], {"date": "2025-07-01", "high": 33.5, "low": 19.0, "rain": 0.0, "wind": 12.0})
        self.assertIsNone(SAMPLE["days"][1]["low"])

    def test_the_request(self):
        _, adapter = fetch([(200, {"daily": DAILY})], base_url="http://mirror.example/meteo/", days=2)
        url = urlsplit(adapter.requests[0].url)
        query = parse_qs(url.query)
        self.assertEqual((url.netloc, url.path), ("mirror.example", "/meteo/v1/forecast"))
        self.assertEqual((query["latitude"], query["longitude"], query["forecast_days"]), (["52.5200"], ["13.4100"], ["2"]))
        self.assertEqual(adapter.requests[0].headers["Accept"], "application/json")

    def test_failures_are_told(self):
        for outcome, text in [
            ((400, {"error": True, "reason": "Latitude is odd"}), "400: Latitude is odd"),
            ((500, b"oops"), "500"),
            ((200, b"<html>"), "other than JSON"),
            ((200, []), "no daily forecast"),
            ((200, {"daily": {**DAILY, "precipitation_sum": [1]}}), "one value per day"),
            (requests.ConnectionError("no route"), "no route"),
            (requests.Timeout("slow"), "slow"),
        ]:
            with self.subTest(text=text), self.assertRaisesRegex(action.ActionError, text):
                fetch([outcome])

    def test_bad_parameters_are_refused(self):
        for params in [{"latitude": 91}, {"longitude": "x"}, {"latitude": None}, {"days": 0}, {"days": 17}, {"base_url": "file:///x"}]:
            with self.subTest(params=params), self.assertRaises(action.ParameterError):
                fetch([], **params)

    def test_a_session_retries_only_get_on_gateway_errors(self):
        retry = forecast.session(3).get_adapter("https://x").max_retries
        self.assertEqual(retry.total, 2)
        self.assertTrue(retry.is_retry("GET", 503))
        self.assertFalse(retry.is_retry("GET", 404))
        self.assertFalse(retry.is_retry("POST", 503))


class UnitsTest(unittest.TestCase):
    def test_known_points(self):
        for value, quantity, source, target, expected in [
            (0, "temperature", "celsius", "fahrenheit", 32),
            (-40, "temperature", "fahrenheit", "celsius", -40),
            (0, "temperature", "kelvin", "celsius", -273.15),
            (25.4, "rain", "millimetre", "inch", 1),
            (36, "wind", "kmh", "ms", 10),
            (1.852, "wind", "kmh", "knot", 1),
            (10, "wind", "mph", "kmh", 16.09344),
        ]:
            with self.subTest(source=source, target=target):
                self.assertAlmostEqual(units.convert(value, quantity, source, target), expected)

    def test_there_and_back_is_the_same(self):
        for quantity, known in units.UNITS.items():
            for source in known:
                for target in known:
                    there = units.convert(17.3, quantity, source, target)
                    self.assertAlmostEqual(units.convert(there, quantity, target, source), 17.3)

    def test_a_forecast_in_imperial_units(self):
        converted = load_action("convert_units").work({"forecast": SAMPLE})
        self.assertEqual(converted["days"][0], {"date": "2025-07-01", "high": 92.3, "low": 66.2, "rain": 0.0, "wind": 7.5})
        self.assertEqual(converted["days"][1]["rain"], 1.23)
        self.assertIsNone(converted["days"][1]["low"])
        self.assertEqual(SAMPLE["units"]["wind"], "kmh")

    def test_bad_parameters_are_refused(self):
        work = load_action("convert_units").work
        for params in [{}, {"forecast": {}}, {"forecast": "x"}, {"forecast": SAMPLE, "system": "si"}]:
            with self.subTest(params=params), self.assertRaises(action.ParameterError):
                work(params)


class ReportTest(unittest.TestCase):
    def render(self, **params):
        return load_action("render_report").work({"forecast": SAMPLE, **params})

    def test_the_default_report(self):
        result = self.render()
        self.assertEqual(
            result["text"],
            "Forecast for Berlin\n"
            "\n"
            "date        low    high     rain     wind\n"
            "2025-07-01  19 °C  33.5 °C  0 mm     12 km/h\n"
            "2025-07-02  -      20 °C    31.2 mm  60 km/h\n"
            "\n"
            "! 2025-07-01: heat, up to 33.5 °C; check the cooling\n"
            "! 2025-07-02: heavy rain (31.2 mm) and wind (60 km/h); power cuts are likely\n",
        )
        self.assertTrue(result["severe"])

    def test_conditions_are_judged_in_the_units_of_the_report(self):
        text = yaml.safe_dump({"units": "imperial", "columns": ["date"], "advisories": [{"when": {"high_above": 90}, "say": "hot {high}"}]})
        self.assertEqual(self.render(report=text)["advisories"], ["hot 92.3 °F"])

    def test_an_unknown_value_triggers_nothing(self):
        text = "advisories: [{when: {low_below: 100}, say: '{date}'}]"
        self.assertEqual(self.render(report=text)["advisories"], ["2025-07-01"])

    def test_a_template_cannot_reach_into_objects(self):
        self.assertIn("{place.__class__}", self.render(report="title: '{place.__class__}'")["text"])

    def test_bad_reports_are_refused(self):
        for text in [
            "[1",
            "- 1",
            "colums: [date]",
            "columns: [humidity]",
            "units: si",
            "advisories: {}x",
            "advisories: [{say: x}]",
            "advisories: [{when: {}, say: x}]",
            "advisories: [{when: {high: 1}, say: x}]",
            "advisories: [{when: {high_above: hot}, say: x}]",
            "!!python/object/apply:os.system [id]",
        ]:
            with self.subTest(text=text), self.assertRaises(report.ReportError):
                report.parse(text)


class ScriptTest(unittest.TestCase):
    def run_script(self, name, text):
        return subprocess.run(
            [sys.executable, str(PACK / "actions" / name)],
            input=text,
            env={**os.environ, "PYTHONPATH": str(PACK / "lib"), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
        )

    def test_a_script_speaks_json(self):
        done = self.run_script("render_report.py", json.dumps({"forecast": SAMPLE}))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(json.loads(done.stdout)["advisories"]), 2)

    def test_exit_codes(self):
        self.assertEqual(self.run_script("convert_units.py", "{}").returncode, 2)
        self.assertEqual(self.run_script("convert_units.py", "not json").returncode, 2)


if __name__ == "__main__":
    unittest.main()
