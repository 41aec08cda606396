"""The retry policy, and the probes over connections from memory."""

import email.message
import io
import socket
import unittest
import urllib.error

from tests import load_action

from net_tools import action, retry, tcp


class PolicyTest(unittest.TestCase):
    def test_waits_double_up_to_their_ceiling(self):
        policy = retry.Policy(base_seconds=1, max_wait_seconds=5)
        waits = [policy.wait_seconds(attempt, None, lambda: 1.0) for attempt in range(1, 6)]
        self.assertEqual(waits, [1, 2, 4, 5, 5])

    def test_a_server_that_names_its_wait_is_obeyed(self):
        self.assertEqual(retry.Policy().wait_seconds(1, 7.0, lambda: 1.0), 7.0)

    def test_retry_after(self):
        now = 784111777.0
        for value, seconds in [
            ("120", 120.0),
            (" 0 ", 0.0),
            ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
            ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
            ("soon", None),
            ("-5", None),
            (None, None),
        ]:
            with self.subTest(value=value):
                self.assertEqual(retry.parse_retry_after(value, now), seconds)

    def test_what_may_be_retried(self):
        for method, status, again in [
            ("GET", None, True),
            ("GET", 503, True),
            ("GET", 404, False),
            ("GET", 501, False),
            ("POST", 503, False),
            ("POST", None, False),
        ]:
            with self.subTest(method=method, status=status):
                self.assertEqual(retry.may_retry(method, status), again)

    def test_the_budget_ends_the_waiting(self):
        slept = []
        policy = retry.Policy(attempts=10, base_seconds=4, max_wait_seconds=100, budget_seconds=13)
        _, attempts = retry.call(policy, lambda: None, lambda _: (True, None), slept.append, lambda: 1.0)
        self.assertEqual((slept, attempts), ([4, 8], 3))

    def test_a_retry_after_beyond_the_longest_wait_is_not_begun(self):
        slept = []
        _, attempts = retry.call(retry.Policy(), lambda: None, lambda _: (True, 3600.0), slept.append, lambda: 1.0)
        self.assertEqual((slept, attempts), ([], 1))


class Response(io.BytesIO):
    status = 200


def http_error(status, **headers):
    message = email.message.Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return urllib.error.HTTPError("http://x", status, "", message, io.BytesIO(b"sorry"))


class HttpProbeTest(unittest.TestCase):
    def probe(self, outcomes, **params):
        """Runs the action over `outcomes`, one per request; returns its result and the waits."""
        queue, slept = list(outcomes), []

        def open_url(request, timeout):
            outcome = queue.pop(0)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        work = load_action("http_probe").work
        result = work({"url": "http://svc.example/health", **params}, open_url=open_url, sleep=slept.append)
        self.assertEqual(queue, [])
        return result, slept

    def test_a_healthy_service(self):
        result, slept = self.probe([Response(b"all fine")], expect_text="fine")
        self.assertTrue(result["healthy"])
        self.assertEqual((result["status"], result["attempts"], slept), (200, 1, []))

    def test_a_service_that_recovers(self):
        refused = urllib.error.URLError(ConnectionRefusedError(111, "refused"))
        result, slept = self.probe([refused, http_error(503, Retry_After="2"), Response(b"")])
        self.assertTrue(result["healthy"])
        self.assertEqual((result["attempts"], slept[1]), (3, 2.0))

    def test_a_client_error_is_an_answer(self):
        result, _ = self.probe([http_error(404)])
        self.assertEqual((result["healthy"], result["status"], result["attempts"]), (False, 404, 1))

    def test_an_expected_error_is_healthy_at_once(self):
        result, _ = self.probe([http_error(503)], expect_status=[503])
        self.assertEqual((result["healthy"], result["attempts"]), (True, 1))

    def test_missing_text_is_a_problem(self):
        result, _ = self.probe([Response(b"login page")], expect_text="dashboard")
        self.assertIn("text", result["problem"])

    def test_silence_is_told_as_such(self):
        result, _ = self.probe([TimeoutError("timed out")] * 2, attempts=2)
        self.assertEqual((result["status"], result["problem"]), (None, "no answer: timed out"))

    def test_other_schemes_are_refused(self):
        work = load_action("http_probe").work
        for url in ["file:///etc/passwd", "ftp://x", "x"]:
            with self.subTest(url=url), self.assertRaises(action.ParameterError):
                work({"url": url})


class FakeSocket:
    def __init__(self, said):
        self.said = said

    def recv(self, size):
        if isinstance(self.said, Exception):
            raise self.said
        return self.said[:size]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def raising(error):
    def connect(*_):
        raise error

    return connect


class TcpCheckTest(unittest.TestCase):
    def test_states(self):
        for connect, state in [
            (lambda *_: FakeSocket(b""), "open"),
            (raising(ConnectionRefusedError("no")), "refused"),
            (raising(socket.timeout("slow")), "timeout"),
            (raising(OSError("no route")), "error"),
        ]:
            with self.subTest(state=state):
                self.assertEqual(tcp.check("h", 1, 1, connect=connect).state, state)

    def test_a_banner_is_read_up_to_its_limit(self):
        outcome = tcp.check("h", 22, 1, 8, connect=lambda *_: FakeSocket(b"SSH-2.0-x\r\n"))
        self.assertEqual(outcome.banner, "SSH-2.0-")

    def test_a_silent_service_is_open(self):
        outcome = tcp.check("h", 80, 1, 8, connect=lambda *_: FakeSocket(socket.timeout()))
        self.assertEqual((outcome.state, outcome.banner), ("open", ""))

    def test_the_action(self):
        result = load_action("tcp_check").work({"host": "h", "port": 22}, connect=lambda *_: FakeSocket(b""))
        self.assertTrue(result["open"])

    def test_bad_parameters_are_refused(self):
        work = load_action("tcp_check").work
        for params in [{}, {"host": "h"}, {"host": "h", "port": 70000}, {"host": "h", "port": 1.5}, {"host": "h", "port": True}]:
            with self.subTest(params=params), self.assertRaises(action.ParameterError):
                work(params)


if __name__ == "__main__":
    unittest.main()
