import json, sys, time, unittest

WORST = ("passed", "skipped", "failed", "error")
LIMIT = 16384
notes = open(sys.argv[1], "w", encoding="utf-8", errors="backslashreplace", buffering=1)


def note(**values):
    notes.write(json.dumps(values) + "\n")


class Result(unittest.TextTestResult):
    now = None

    def startTest(self, test):
        self.now = [test.id(), time.monotonic(), None, None, False]
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        if self.now is not None:
            name, began, status, message, listed = self.now
            self.now = None
            if status is not None or not listed:
                note(name=name, status=status or "passed", seconds=time.monotonic() - began, message=message)

    def told(self, test, status, message=None):
        message = None if message is None else str(message)[-LIMIT:]
        if self.now is None or self.now[0] != test.id():
            note(name=test.id(), status=status, seconds=0.0, message=message)
        elif self.now[2] is None or WORST.index(status) > WORST.index(self.now[2]):
            self.now[2:4] = [status, message]

    def shown(self, err, test):
        return self._exc_info_to_string(err, test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.told(test, "passed")

    def addError(self, test, err):
        super().addError(test, err)
        self.told(test, "error", self.shown(err, test))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.told(test, "failed", self.shown(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.told(test, "skipped", reason)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.told(test, "passed")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.told(test, "failed", "it passed, and was expected to fail")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            status = "failed" if issubclass(err[0], test.failureException) else "error"
            if self.now is not None:
                self.now[4] = True
            note(name=subtest.id(), status=status, seconds=0.0, message=self.shown(err, test)[-LIMIT:])


class Runner(unittest.TextTestRunner):
    resultclass = Result

    def run(self, test):
        result = super().run(test)
        note(end=True)
        return result


unittest.main(module=None, argv=["python -m unittest"] + sys.argv[2:], testRunner=Runner)
