#!/usr/bin/env python3
"""Requests a URL, again where that makes sense, and judges the answer."""

import http.client
import random
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from net_tools import action, retry

# Enough of a body to look for a marker in, without holding a download in memory.
MAX_BODY_BYTES = 1 << 20


def work(params, open_url=urllib.request.urlopen, sleep=time.sleep):
    url = str(action.required(params, "url"))
    if urlsplit(url).scheme not in ("http", "https"):
        raise action.ParameterError("`url` must be http or https")
    method = str(params.get("method", "GET")).upper()
    expected = params.get("expect_status", [200])
    if not isinstance(expected, list) or not all(isinstance(status, int) for status in expected):
        raise action.ParameterError("`expect_status` must be a list of whole numbers")
    timeout = action.number(params, "timeout_seconds", 10, 0.1, 300)
    policy = retry.Policy(
        attempts=action.integer(params, "attempts", 3, 1, 10),
        base_seconds=action.number(params, "backoff_seconds", 0.5, 0, 60),
    )
    headers = {str(name): str(value) for name, value in params.get("headers", {}).items()}

    def send():
        return request(open_url, url, method, headers, timeout)

    def verdict(answer):
        # A status that is expected is never an accident.
        again = answer["status"] not in expected and retry.may_retry(method, answer["status"])
        return again, retry.parse_retry_after(answer["retry_after"], time.time())

    answer, attempts = retry.call(policy, send, verdict, sleep, random.random)
    contains = params.get("expect_text", "")
    problem = judge(answer, expected, contains)
    return {
        "url": url,
        "healthy": not problem,
        "problem": problem,
        "status": answer["status"],
        "attempts": attempts,
        "milliseconds": round(answer["seconds"] * 1000, 1),
    }


def request(open_url, url, method, headers, timeout):
    started = time.monotonic()
    answer = {"status": None, "body": b"", "retry_after": None, "error": ""}
    try:
        with open_url(urllib.request.Request(url, method=method, headers=headers), timeout=timeout) as response:
            answer.update(status=response.status, body=response.read(MAX_BODY_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            answer.update(status=error.code, body=error.read(MAX_BODY_BYTES))
            answer["retry_after"] = error.headers.get("Retry-After")
    except (OSError, ValueError, http.client.HTTPException) as error:
        answer["error"] = str(getattr(error, "reason", error))
    answer["seconds"] = time.monotonic() - started
    return answer


def judge(answer, expected, contains):
    if answer["status"] is None:
        return f"no answer: {answer['error']}"
    if answer["status"] not in expected:
        return f"status {answer['status']} is not expected"
    if contains and contains.encode() not in answer["body"]:
        return "the expected text is not in the answer"
    return ""


if __name__ == "__main__":
    action.run(work)
