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
from typing import Any

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
        self._others: tuple[Any, tuple[float, float]] | None = None
        self._works = threading.current_thread() is threading.main_thread()
        if self._works:
            threading.Thread(target=self._watch, daemon=True).start()

    def __enter__(self) -> None:
        if not self._works:
            return
        self._interruptions = 0
        self._until = time.monotonic() + self.seconds
        handler = signal.getsignal(signal.SIGALRM)
        if handler != self._interrupt:
            signal.signal(signal.SIGALRM, self._interrupt)
        timer = signal.setitimer(signal.ITIMER_REAL, self.seconds, self.seconds)
        self._others = (handler, timer) if timer[0] else None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._until = None
        if not self._works:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self._others:  # somebody else in this process had set the alarm
            handler, timer = self._others
            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, *timer)

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
