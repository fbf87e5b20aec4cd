"""A limit on the time that foreign code may take: a scorer that hangs must not hang the agent.

A thread watches, and interrupts the main thread, in which scoring runs, with a signal that becomes
an exception there. What cannot be interrupted, because it never comes back to the interpreter, ends
the process. To enter and leave the limit costs next to nothing.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import TracebackType
from typing import ClassVar

LOOK_S = 0.2
"""Seconds from one look at the clock to the next."""
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
    can be interrupted: made in another one, the limit does nothing. Blocks do not nest.
    """

    _watch: ClassVar[_Watch | None] = None

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        if TimeLimit._watch is None and threading.current_thread() is threading.main_thread():
            TimeLimit._watch = _Watch()

    def __enter__(self) -> None:
        if self._watch:
            self._watch.block = _Block(self.seconds)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._watch:
            self._watch.block = None


class _Block:
    """A block that is being carried out: until when, and how often it was interrupted."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.until = time.monotonic() + seconds
        self.interruptions = 0


class _Watch:
    """The thread that watches the main thread's block, one a process."""

    def __init__(self) -> None:
        self.block: _Block | None = None
        self._late: _Block | None = None  # the block that the signal is for
        self._main = threading.get_ident()
        signal.signal(signal.SIGUSR1, self._interrupt)
        threading.Thread(target=self._look, daemon=True).start()

    def _interrupt(self, _number: int, _frame: object) -> None:
        if self.block is not None and self.block is self._late:
            raise TooSlow(f"nothing came within {self.block.seconds:g} s")

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_S)
            block = self.block
            if block is None or time.monotonic() < block.until:
                continue
            if block.interruptions == INTERRUPTIONS:
                if time.monotonic() > block.until + GRACE_S:
                    self._give_up(block)
                continue
            block.interruptions += 1
            if block.interruptions < INTERRUPTIONS:
                block.until = time.monotonic() + block.seconds
            self._late = block
            signal.pthread_kill(self._main, signal.SIGUSR1)

    def _give_up(self, block: _Block) -> None:
        text = f"a scorer took longer than {block.seconds:g} s and cannot be interrupted"
        print(text, file=sys.stderr, flush=True)
        os._exit(STATUS)
