"""Messages of the protocol, version 1: build them, check them, and their limits.

Twin of ``racket/bridge/messages.rkt``: same names, same order, same bytes. The specification is
``protocol/README.md``. A message is two frames: a JSON header and a UTF-8 body of lines.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any

VERSION = 1
HEADER_LIMIT = 64 * 1024
"""Largest header, in bytes."""
BODY_LIMIT = 16 * 1024 * 1024
"""Largest body, in bytes."""
INDICES_LIMIT = 4096
"""Most indices in one list of a header (``candidates``, ``closed``, ``choices``)."""
INTEGER_LIMIT = 2**53 - 1
"""Largest integer in a header: the largest that every JSON reader keeps exact."""

# Every type of message: its fields in the order in which they are written. "?" marks an optional
# field. After the type stands the kind of each value, see `_kind_of`.
FIELDS: dict[str, list[tuple[str, str]]] = {
    "hello": [
        ("id", "integer"),
        ("session", "name"),
        ("engine", "string"),
        ("space", "string"),
        ("input", "shape"),
        ("classes", "integer"),
    ],
    "hello_reply": [
        ("id", "integer"),
        ("session", "name"),
        ("agent", "string"),
        ("scorer", "string"),
        ("seed", "integer"),
        ("episode", "integer"),
        ("deadline_s", "number"),
    ],
    "choose": [
        ("id", "integer"),
        ("session", "name"),
        ("episode", "integer"),
        ("step", "integer"),
        ("candidates", "candidates"),
        ("closed", "indices"),
    ],
    "choose_reply": [
        ("id", "integer"),
        ("session", "name"),
        ("index", "integer"),
        ("scorer", "string"),
        ("explored", "boolean"),
    ],
    "answer": [
        ("id", "integer"),
        ("session", "name"),
        ("episode", "integer"),
        ("step", "integer"),
        ("index", "integer"),
        ("parameters?", "integer"),
        ("table_key?", "string"),
    ],
    "answer_reply": [
        ("id", "integer"),
        ("session", "name"),
        ("status", "status"),
        ("reward?", "number"),
    ],
    "episode_end": [
        ("id", "integer"),
        ("session", "name"),
        ("episode", "integer"),
        ("outcome", "outcome"),
    ],
    "episode_end_reply": [("id", "integer"), ("session", "name"), ("episode?", "integer")],
    "scores": [("id", "integer"), ("session", "name"), ("candidates", "candidates")],
    "scores_reply": [("id", "integer"), ("session", "name"), ("scorer", "string")],
    "use_scorer": [("id", "integer"), ("session", "name"), ("scorer", "string")],
    "use_scorer_reply": [("id", "integer"), ("session", "name"), ("scorer", "string")],
    "shutdown": [("id", "integer"), ("session", "name"), ("reason?", "string")],
    "shutdown_reply": [("id", "integer"), ("session", "name")],
    "working": [("id", "integer"), ("session", "name"), ("deadline_s", "number")],
    "reward": [("session", "name"), ("trial", "integer"), ("reward", "number")],
    "error": [
        ("id?", "integer"),
        ("session?", "name"),
        ("code", "code"),
        ("message", "string"),
        ("choices?", "indices"),
    ],
}

REQUESTS = ("hello", "choose", "answer", "episode_end", "scores", "use_scorer", "shutdown")
"""The types that an engine sends; every other type is sent by the agent."""

STATUSES = ("queued", "held", "known")
OUTCOMES = ("answer", "exhausted", "limit")
CODES = (
    "bad_frames",
    "bad_header",
    "bad_body",
    "too_large",
    "wrong_version",
    "unknown_type",
    "unknown_session",
    "unknown_choices",
    "scorer_failed",
    "refused",
)

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_SCORE = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?\Z")


class MessageError(ValueError):
    """A message that breaks the protocol: ``code`` (one of `CODES`) and one line for a person.

    ``header`` holds what could still be read of the header, so that an error can name the request.
    """

    def __init__(self, code: str, message: str, header: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.header = header or {}


def build(type: str, **fields: Any) -> bytes:
    """Give the header of a message: JSON without spaces, keys in the order of `FIELDS`.

    Raises MessageError if a field is missing, unknown or of the wrong kind.
    """
    header: dict[str, Any] = {"v": VERSION, "type": type}
    for name, _, _ in _fields_of(type):
        if name in fields:
            header[name] = fields.pop(name)
    if fields:
        raise MessageError("bad_header", f"{type} has no field {sorted(fields)[0]}")
    check(header)
    encoded = to_json(header)
    if len(encoded) > HEADER_LIMIT:
        raise MessageError("too_large", _limit_text("header", len(encoded), HEADER_LIMIT))
    return encoded


def to_json(value: Any) -> bytes:
    """Write JSON as both sides write it: no spaces, UTF-8, only control characters escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("\x7f", "\\u007f").encode()


def parse(frames: list[bytes]) -> tuple[dict[str, Any], bytes]:
    """Give header and body of a received message; raises MessageError if it breaks the protocol."""
    if len(frames) != 2:
        raise MessageError("bad_frames", f"got {len(frames)} frames, expected 2: header and body")
    header_frame, body = frames
    if len(header_frame) > HEADER_LIMIT:
        raise MessageError("too_large", _limit_text("header", len(header_frame), HEADER_LIMIT))
    try:
        header = json.loads(header_frame.decode(), parse_constant=_refuse_constant)
        if b"\\u" in header_frame:
            to_json(header)  # half a surrogate pair cannot be written again
    except (ValueError, RecursionError):
        raise MessageError("bad_header", "the header is not JSON") from None
    if not isinstance(header, dict):
        raise MessageError("bad_header", "the header is not a JSON object")
    check(header)
    if len(body) > BODY_LIMIT:
        raise MessageError("too_large", _limit_text("body", len(body), BODY_LIMIT), header)
    return header, body


def check(header: dict[str, Any]) -> None:
    """Raise MessageError unless every field of the header's type is there and of its kind.

    Unknown fields are ignored; an unknown type is refused by name.
    """
    version, type = header.get("v"), header.get("type")
    if version is None or _kind_of("integer", version):
        raise MessageError("bad_header", "field v is missing or no integer: expected 1", header)
    if version != VERSION:
        raise MessageError(
            "wrong_version", f"got version {version}, expected {VERSION}: update one side", header
        )
    if not isinstance(type, str):
        raise MessageError("bad_header", "field type is missing or no string", header)
    if type not in FIELDS:
        raise MessageError("unknown_type", f"unknown message type {_shown(type)}", header)
    for name, kind, required in _fields_of(type):
        if name in header:
            expected = _kind_of(kind, header[name])
            if expected:
                got = _shown(header[name])
                text = f"{type}: field {name} is {got}, expected {expected}"
                raise MessageError("bad_header", text, header)
        elif required:
            raise MessageError("bad_header", f"{type}: field {name} is missing", header)


def choice_line(index: int, parent: int | None, text: str) -> str:
    """Write one new choice as a line of a body: ``INDEX PARENT TEXT``, parent ``-`` at the root."""
    return f"{index} {'-' if parent is None else parent} {text}"


def parse_choices(body: bytes) -> list[tuple[int, int | None, str]]:
    """Read the new choices of a body: (index, parent or None, text) a line, in their order."""
    choices = []
    for number, line in enumerate(_lines(body), start=1):
        index, _, rest = line.partition(" ")
        parent, _, text = rest.partition(" ")
        if not (_digits(index) and (parent == "-" or _digits(parent)) and text):
            raise MessageError("bad_body", f"line {number} is not INDEX PARENT TEXT")
        choices.append((int(index), None if parent == "-" else int(parent), text))
    return choices


def score_lines(scores: Iterable[tuple[int, float]]) -> bytes:
    """Write scores as a body: ``INDEX SCORE`` a line, scores as short as they read back exactly."""
    return "\n".join(f"{index} {score!r}" for index, score in scores).encode()


def parse_scores(body: bytes) -> list[tuple[int, float]]:
    """Read the body of a ``scores_reply``: (index, score) a line."""
    scores = []
    for number, line in enumerate(_lines(body), start=1):
        index, _, score = line.partition(" ")
        good = _digits(index) and _SCORE.match(score) and abs(float(score)) < math.inf
        if not good:
            raise MessageError("bad_body", f"line {number} is not INDEX SCORE")
        scores.append((int(index), float(score)))
    return scores


def _fields_of(type: str) -> list[tuple[str, str, bool]]:
    """Name, kind, required of each field of a type."""
    if type not in FIELDS:
        raise MessageError("unknown_type", f"unknown message type {_shown(type)}")
    return [(name.rstrip("?"), kind, not name.endswith("?")) for name, kind in FIELDS[type]]


def _kind_of(kind: str, value: Any) -> str | None:
    """None if the value is of the kind, else what was expected, in words."""
    integer = type(value) is int and 0 <= value <= INTEGER_LIMIT
    if kind == "integer":
        return None if integer else "an integer from 0 to 2^53 - 1"
    if kind == "number":
        number = type(value) in (int, float) and abs(value) <= INTEGER_LIMIT
        return None if number else "a number of at most 2^53 - 1"
    if kind == "boolean":
        return None if isinstance(value, bool) else "true or false"
    if kind == "string":
        return None if isinstance(value, str) and len(value) <= 1000 else "a string up to 1000 long"
    if kind == "name":
        named = isinstance(value, str) and _NAME.match(value)
        return None if named else "1 to 64 of letters, digits, dot, underscore, hyphen"
    if kind == "shape":
        good = isinstance(value, list) and len(value) == 3 and _all_integers(value)
        return None if good else "[channels,height,width]"
    if kind == "indices":
        return None if _indices(value) else f"a list of up to {INDICES_LIMIT} indices"
    if kind == "candidates":
        good = value == "all" or (_indices(value) and value != [])
        return None if good else f'"all" or a list of 1 to {INDICES_LIMIT} indices'
    words = {"status": STATUSES, "outcome": OUTCOMES, "code": CODES}[kind]
    return None if isinstance(value, str) and value in words else f"one of {', '.join(words)}"


def _indices(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= INDICES_LIMIT and _all_integers(value)


def _all_integers(values: list[Any]) -> bool:
    return all(type(value) is int and 0 <= value <= INTEGER_LIMIT for value in values)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15


def _lines(body: bytes) -> list[str]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise MessageError("bad_body", "the body is not UTF-8") from None
    return text.split("\n") if text else []


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _limit_text(frame: str, got: int, limit: int) -> str:
    return f"the {frame} has {got} bytes, the limit is {limit}"


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
