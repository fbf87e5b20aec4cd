"""A limit on the time that foreign code may take: a scorer that hangs must not hang the agent.

A signal interrupts the main thread, in which scoring runs, with an exception. What cannot be
interrupted, because it never comes back to the interpreter, ends the process.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import TracebackType

INTERRUPTIONS = 3
"""A call that goes on after so many interruptions cannot be interrupted."""
GRACE_S = 5.0
"""Seconds that it gets before the process ends."""
STATUS = 2
"""Exit status then: starting the process again would not help."""


class TooSlow(TimeoutError):
    """A call took longer than its limit."""


class TimeLimit:
    """``with limit:`` raises TooSlow inside a block that takes longer than ``seconds``.

    A block that catches it and goes on has the same time again, some times. Only the main thread
    can be interrupted: made in another one, the limit does nothing. One limit a process.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until: float | None = None
        self._interruptions = 0
        self._works = threading.current_thread() is threading.main_thread()
        if self._works:
            signal.signal(signal.SIGALRM, self._interrupt)
            threading.Thread(target=self._watch, daemon=True).start()

    def __enter__(self) -> None:
        if self._works:
            self._interruptions = 0
            self._until = time.monotonic() + self.seconds
            signal.setitimer(signal.ITIMER_REAL, self.seconds, self.seconds)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._until = None
        if self._works:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _interrupt(self, _number: int, _frame: object) -> None:
        if self._until is None:
            return
        self._interruptions += 1
        if self._interruptions <= INTERRUPTIONS:
            self._until = time.monotonic() + self.seconds
        raise TooSlow(f"nothing came within {self.seconds:g} s")

    def _watch(self) -> None:
        while True:
            time.sleep(1.0)
            until = self._until
            if until is not None and time.monotonic() > until + GRACE_S:
                text = f"a scorer took longer than {self.seconds:g} s and cannot be interrupted"
                print(text, file=sys.stderr, flush=True)
                os._exit(STATUS)
