"""What the sandbox is made to run: importable by name, as its workers need."""

import ctypes
import itertools
import os
import signal
import sys
import time

from pipeline.errors import NotAListing
from pipeline.records import Capture


def add(left, right):
    return left + right


def wait(seconds, value):
    time.sleep(seconds)
    return value


def spin():
    while True:
        pass


def spin_in_native_code():
    """`sum` of an endless native iterator: no Python signal handler runs meanwhile."""
    return sum(itertools.repeat(1))


def hog(mebibytes):
    return len(bytearray(mebibytes << 20))


def hog_in_steps():
    held = []
    while True:
        held.append(bytearray(1 << 20))


def kill_self(number=signal.SIGKILL):
    os.kill(os.getpid(), number)
    time.sleep(5)


def exit_at_once(code):
    os._exit(code)


def leave(code):
    sys.exit(code)


def read_null():
    ctypes.string_at(0)


def recurse(depth=0):
    return recurse(depth + 1)


def refuse(message):
    raise NotAListing(message, place="http://a.example/", mend="look there")


def fail(message):
    raise KeyError(message)


def loaded(*names):
    return [name for name in names if name in sys.modules]


def main_name():
    return getattr(sys.modules["__main__"], "__file__", None)


def pid():
    return os.getpid()


def body_length(capture: Capture):
    return len(capture.body)
