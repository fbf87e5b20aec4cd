"""The decision trace of a run: one JSON line a message, in the order in which they were handled.

A line is ``{"t":SECONDS,"direction":"in"|"out","header":{…},"body":["LINE",…]}``: ``t`` is the
time since 1970, ``in`` is what an engine sent. A request and its reply are written together, after
the request was carried out and before the reply leaves. Requests that were sent again, ``working``
messages and messages that break the protocol are left out: with the same seed on the same machine,
two traces differ in ``t`` only.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from architecto.messages import to_json


class TraceError(OSError):
    """The trace cannot be written; the message is one line for a person."""


class Trace:
    """An append-only trace file. ``lines`` counts the lines in it."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Open or make the file; a last line that a dying process left half-written is cut off."""
        self.path = path
        self._clock = clock
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise TraceError(f"cannot write the trace {path}: {error.strerror}") from None
        self.lines = _cut_half_line(self._file, path)

    def write(self, messages: list[tuple[str, bytes, bytes]]) -> None:
        """Append messages, given as (direction, header, body), with one call to the system."""
        seconds = self._clock()
        data = b"".join(
            b'{"t":%.6f,"direction":"%s","header":%s,"body":%s}\n'
            % (seconds, direction.encode(), header, _lines(body))
            for direction, header, body in messages
        )
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise TraceError(f"cannot write the trace {self.path}: {error.strerror}") from None
        self.lines += len(messages)

    def close(self) -> None:
        os.close(self._file)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Give the records of a trace in order; a half-written last line is left out."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)


def _lines(body: bytes) -> bytes:
    return to_json(body.decode().split("\n") if body else [])


def _cut_half_line(descriptor: int, path: Path) -> int:
    """Cut what follows the last newline; give the number of lines that are left."""
    lines = end = 0
    if not path.is_file():  # a device, which has no end
        return 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            lines += chunk.count(b"\n")
            last = chunk.rfind(b"\n")
            if last >= 0:
                end = file.tell() - len(chunk) + last + 1
    if end != path.stat().st_size:
        os.ftruncate(descriptor, end)
    return lines
