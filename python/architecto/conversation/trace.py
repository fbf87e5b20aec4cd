"""The decision trace of a run: one JSON line a message, in the order in which they were handled.

A line is ``{"t":SECONDS,"direction":"in"|"out","header":{…},"body":["LINE",…],"crc":N}``: ``t`` is
the time since 1970, ``in`` is what an engine sent. A request and its reply are written together,
after the request was carried out and before the reply leaves. Requests that were sent again,
``working`` messages and messages that break the protocol are left out: with the same seed on the
same machine, two traces differ in ``t`` and ``crc`` only.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from architecto import json_lines
from architecto.conversation.messages import MessageError, check, to_json

log = logging.getLogger("architecto.conversation.trace")


class TraceError(OSError):
    """The trace cannot be written; the message is one line for a person."""


class Trace:
    """An append-only trace file. ``size`` counts the bytes in it."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        say: Callable[[str], None] = log.warning,
    ) -> None:
        """Open or make the file. What cannot be read in it is set aside, and ``say`` is told."""
        self.path = path
        self._clock = clock
        try:
            json_lines.cut_half_line(path)
            bad, unanswered = _look(path)
            json_lines.set_aside(path, bad, say)
            if unanswered is not None:
                os.truncate(path, unanswered)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise TraceError(f"cannot write the trace {path}: {error.strerror}") from None
        self.size = os.fstat(self._file).st_size

    @property
    def is_damaged(self) -> bool:
        """Was something in it set aside, now or earlier?"""
        return json_lines.aside(self.path).exists()

    def write(self, messages: list[tuple[str, bytes, bytes]]) -> None:
        """Append messages, given as (direction, header, body), with one call to the system."""
        seconds = self._clock()
        data = b"".join(
            json_lines.stamped(
                b'{"t":%.6f,"direction":"%s","header":%s,"body":%s}'
                % (seconds, direction.encode(), header, _lines(body))
            )
            for direction, header, body in messages
        )
        try:
            while data:
                written = os.write(self._file, data)
                self.size += written
                data = data[written:]
        except OSError as error:
            raise TraceError(f"cannot write the trace {self.path}: {error.strerror}") from None

    def close(self) -> None:
        os.close(self._file)


@dataclass(frozen=True)
class Message:
    """A message in a trace, or two: a request with its reply.

    start: byte at which the line begins; end: byte behind it
    """

    start: int
    end: int
    header: dict[str, Any]
    body: bytes
    reply: Message | None = None

    @property
    def frames(self) -> list[bytes]:
        """The message as it was sent."""
        return [to_json(self.header), self.body]


def messages(path: Path) -> Iterator[Message]:
    """The messages of a trace in order: requests with their replies, and rewards that were told.

    What cannot be read is passed over, and a request without its reply as well.
    """
    asked: Message | None = None
    for start, end, record in _records(path):
        if record is None:
            continue
        message = Message(start, end, record["header"], "\n".join(record["body"]).encode())
        if record["direction"] == "in":
            asked = message
        elif "id" not in message.header:
            yield message
        elif asked is not None and message.header["id"] == asked.header["id"]:
            yield Message(asked.start, end, asked.header, asked.body, message)
            asked = None


def _look(path: Path) -> tuple[list[int], int | None]:
    """The starts of the lines that hold no message; and where a last line starts that is a request,
    left by a process that died before it wrote the reply, or None."""
    bad: list[int] = []
    unanswered = None
    for start, end, record in _records(path, bad):
        if record is None:
            bad.append(start)
        elif record["direction"] == "in" and end == path.stat().st_size:
            unanswered = start
    return bad, unanswered


def _records(
    path: Path, bad: list[int] | None = None
) -> Iterator[tuple[int, int, dict[str, Any] | None]]:
    """The lines of a trace, None for one that holds no message; `bad` as in `json_lines.read`.

    Sessions of before there were problems are brought to the form of now: their hello has a
    space and no task.
    """
    before: set[str] = set()
    for start, end, record in json_lines.read(path, bad):
        match record:
            case {
                "direction": "in" | "out",
                "header": {"type": kind} as header,
                "body": list(body),
            }:
                name = header.get("session")
                if kind == "hello" and "space" in header and "task" not in header:
                    before.add(name)
                if name in before:
                    header = _of_now(header)
                try:
                    check(header)
                except MessageError:
                    yield start, end, None
                    continue
                good = all(isinstance(line, str) for line in body)
                yield start, end, record | {"header": header} if good else None
            case _:
                yield start, end, None


def _of_now(header: dict[str, Any]) -> dict[str, Any]:
    """A header of before, whose single fields are facts now."""
    names = {
        "hello": ("classes", "input", "space"),
        "answer": ("parameters", "table_key"),
    }.get(header["type"], ())
    facts = {name: header[name] for name in names if name in header}
    rest = {name: value for name, value in header.items() if name not in names}
    if header["type"] == "hello":
        return rest | {"problem": header["space"], "task": "", "facts": facts}
    return rest | {"facts": facts} if facts else rest


def _lines(body: bytes) -> bytes:
    return to_json(body.decode().split("\n") if body else [])
