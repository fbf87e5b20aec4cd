"""Messages of the protocol, version 1: build them, check them, and their limits.

Twin of ``racket/bridge/messages.rkt``: same names, same order, same bytes. The specification is
``protocol/README.md``. A message is two frames: a JSON header and a UTF-8 body of lines.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

VERSION = 1
HEADER_LIMIT = 64 * 1024
"""Largest header, in bytes."""
BODY_LIMIT = 1024 * 1024
"""Largest body, in bytes."""
LINES_LIMIT = 64 * 1024
"""Most lines in a body."""
INDICES_LIMIT = 4096
"""Most indices in one list of a header (``candidates``, ``closed``, ``choices``)."""
FACTS_LIMIT = 64
"""Most entries of ``facts``."""
ITEMS_LIMIT = 256
"""Most items of a list in ``facts``."""
INTEGER_LIMIT = 2**53 - 1
"""Largest integer in a header: the largest that every JSON reader keeps exact."""
SECONDS_LIMIT = 24 * 60 * 60
"""Longest deadline: a day."""

# Every type of message: its fields in the order in which they are written. "?" marks an optional
# field. After the type stands the kind of each value, see `_KINDS`.
FIELDS: dict[str, list[tuple[str, str]]] = {
    "hello": [
        ("id", "integer"),
        ("session", "name"),
        ("engine", "string"),
        ("problem", "string"),
        ("task", "string"),
        ("facts", "facts"),
    ],
    "hello_reply": [
        ("id", "integer"),
        ("session", "name"),
        ("agent", "string"),
        ("scorer", "string"),
        ("seed", "integer"),
        ("episode", "integer"),
        ("deadline_s", "seconds"),
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
        ("facts?", "facts"),
    ],
    "answer_reply": [
        ("id", "integer"),
        ("session", "name"),
        ("status", "string"),
        ("reward?", "number"),
    ],
    "episode_end": [
        ("id", "integer"),
        ("session", "name"),
        ("episode", "integer"),
        ("outcome", "string"),
    ],
    "episode_end_reply": [("id", "integer"), ("session", "name"), ("episode?", "integer")],
    "scores": [("id", "integer"), ("session", "name"), ("candidates", "candidates")],
    "scores_reply": [("id", "integer"), ("session", "name"), ("scorer", "string")],
    "use_scorer": [("id", "integer"), ("session", "name"), ("scorer", "string")],
    "use_scorer_reply": [("id", "integer"), ("session", "name"), ("scorer", "string")],
    "shutdown": [("id", "integer"), ("session", "name"), ("reason?", "string")],
    "shutdown_reply": [("id", "integer"), ("session", "name")],
    "working": [("id", "integer"), ("session", "name"), ("deadline_s", "seconds")],
    "reward": [("session", "name"), ("trial", "integer"), ("reward", "number")],
    "error": [
        ("id?", "integer"),
        ("session?", "name"),
        ("code", "string"),
        ("message", "string"),
        ("choices?", "indices"),
    ],
}

REQUESTS = ("hello", "choose", "answer", "episode_end", "scores", "use_scorer", "shutdown")
"""The types that an engine sends; every other type is sent by the agent."""

# The words of these fields so far. Others may come: a reader takes any string.
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
_INDEX = re.compile(r"[0-9]{1,16}\Z")
_CHOICE = re.compile(r"^([0-9]{1,16}) (-|[0-9]{1,16}) (.+)$", re.MULTILINE)
_SCORE = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?\Z")

_Check = tuple[str, Callable[[Any], bool], str, bool]
_MISSING = object()


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

    The keys of an object in it (``facts``) are sorted.
    Raises MessageError if a field is missing, unknown or of the wrong kind.
    """
    names = [name for name, _, _, _ in _checks_of(type)]
    header = {"v": VERSION, "type": type} | {name: fields[name] for name in names if name in fields}
    if len(header) != len(fields) + 2:
        unknown = min(fields.keys() - set(names))
        raise MessageError("bad_header", f"{type} has no field {unknown}")
    check(header)
    encoded = to_json({name: _in_order(value) for name, value in header.items()})
    if len(encoded) > HEADER_LIMIT:
        raise MessageError("too_large", _limit_text("header", len(encoded), HEADER_LIMIT))
    return encoded


def to_json(value: Any) -> bytes:
    """Write JSON as both sides write it: no spaces, UTF-8, only control characters escaped."""
    text: str = _ENCODER.encode(value)
    return text.replace("\x7f", "\\u007f").encode()


def parse(frames: list[bytes]) -> tuple[dict[str, Any], bytes]:
    """Give header and body of a received message; raises MessageError if it breaks the protocol."""
    if len(frames) != 2:
        raise MessageError("bad_frames", f"got {len(frames)} frames, expected 2: header and body")
    header_frame, body = frames
    if len(header_frame) > HEADER_LIMIT:
        raise MessageError("too_large", _limit_text("header", len(header_frame), HEADER_LIMIT))
    try:
        header = _DECODER.decode(header_frame.decode())
        if b"\\u" in header_frame:
            to_json(header)  # half a surrogate pair cannot be written again
    except (ValueError, RecursionError):
        raise MessageError("bad_header", "the header is not JSON") from None
    if not isinstance(header, dict):
        raise MessageError("bad_header", "the header is not a JSON object")
    check(header)
    if len(body) > BODY_LIMIT:
        raise MessageError("too_large", _limit_text("body", len(body), BODY_LIMIT), header)
    if not _is_utf8(body):
        raise MessageError("bad_body", "the body is not UTF-8", header)
    return header, body


def check(header: dict[str, Any]) -> None:
    """Raise MessageError unless every field of the header's type is there and of its kind.

    Unknown fields are ignored; an unknown type is refused by name.
    """
    version, type = header.get("v"), header.get("type")
    if not _is_integer(version):
        raise MessageError("bad_header", "field v is missing or no integer: expected 1", header)
    if version != VERSION:
        raise MessageError(
            "wrong_version", f"got version {version}, expected {VERSION}: update one side", header
        )
    if not isinstance(type, str):
        raise MessageError("bad_header", "field type is missing or no string", header)
    for name, is_good, expected, required in _checks_of(type, header):
        value = header.get(name, _MISSING)
        if value is _MISSING:
            if required:
                raise MessageError("bad_header", f"{type}: field {name} is missing", header)
        elif not is_good(value):
            text = f"{type}: field {name} is {_shown(value)}, expected {expected}"
            raise MessageError("bad_header", text, header)


def choice_line(index: int, parent: int | None, text: str) -> str:
    """Write one new choice as a line of a body: ``INDEX PARENT TEXT``, parent ``-`` at the root."""
    return f"{index} {'-' if parent is None else parent} {text}"


def parse_choices(body: bytes) -> list[tuple[int, int | None, str]]:
    """Read the new choices of a body: (index, parent or None, text) a line, in their order."""
    text = _decoded(body)
    if not text:
        return []
    _check_lines(text)
    found = _CHOICE.findall(text)
    if len(found) <= text.count("\n"):
        number = next(n for n, line in enumerate(text.split("\n"), 1) if not _CHOICE.match(line))
        raise MessageError("bad_body", f"line {number} is not INDEX PARENT TEXT")
    choices = [
        (int(index), None if above == "-" else int(above), line) for index, above, line in found
    ]
    for number, (index, parent, _) in enumerate(choices, start=1):
        if index > INTEGER_LIMIT or (parent is not None and parent > INTEGER_LIMIT):
            raise MessageError("bad_body", f"line {number} is not INDEX PARENT TEXT")
    return choices


def score_lines(scores: Iterable[tuple[int, float]]) -> bytes:
    """Write scores as a body: ``INDEX SCORE`` a line, scores as short as they read back exactly."""
    return "\n".join(f"{index} {score!r}" for index, score in scores).encode()


def parse_scores(body: bytes) -> list[tuple[int, float]]:
    """Read the body of a ``scores_reply``: (index, score) a line."""
    scores = []
    text = _decoded(body)
    _check_lines(text)
    for number, line in enumerate(text.split("\n") if text else [], start=1):
        index, _, score = line.partition(" ")
        good = _INDEX.match(index) and int(index) <= INTEGER_LIMIT
        if not (good and _SCORE.match(score) and abs(float(score)) < math.inf):
            raise MessageError("bad_body", f"line {number} is not INDEX SCORE")
        scores.append((int(index), float(score)))
    return scores


def _in_order(value: Any) -> Any:
    return dict(sorted(value.items())) if type(value) is dict else value


def _checks_of(type: str, header: dict[str, Any] | None = None) -> list[_Check]:
    """The fields of a type; raises MessageError if there is no such type."""
    if type not in _CHECKS:
        raise MessageError("unknown_type", f"unknown message type {_shown(type)}", header)
    return _CHECKS[type]


def _is_integer(value: Any) -> bool:
    return type(value) is int and 0 <= value <= INTEGER_LIMIT


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= INTEGER_LIMIT


def _are_facts(value: Any) -> bool:
    """An object of few entries, each an atom or a list of atoms: nothing lies deeper."""
    return (
        type(value) is dict
        and len(value) <= FACTS_LIMIT
        and all(type(name) is str and _NAME.match(name) for name in value)
        and all(map(_is_fact, value.values()))
    )


def _is_fact(value: Any) -> bool:
    if type(value) is list:
        return len(value) <= ITEMS_LIMIT and all(map(_is_atom, value))
    return _is_atom(value)


def _is_atom(value: Any) -> bool:
    return type(value) is bool or _is_number(value) or _is_string(value)


def _is_string(value: Any) -> bool:
    return type(value) is str and len(value) <= 1000


def _are_indices(value: Any) -> bool:
    """Up to 4,096 integers, looked at without a step of the interpreter for each."""
    if type(value) is not list or len(value) > INDICES_LIMIT:
        return False
    return not value or (
        set(map(type, value)) == {int} and min(value) >= 0 and max(value) <= INTEGER_LIMIT
    )


# What the value of each kind is, and the same in words.
_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "integer": (_is_integer, "an integer from 0 to 2^53 - 1"),
    "number": (_is_number, "a number of at most 2^53 - 1"),
    "seconds": (
        lambda value: _is_number(value) and 0 < value <= SECONDS_LIMIT,
        f"seconds, more than 0 and at most {SECONDS_LIMIT}",
    ),
    "boolean": (lambda value: type(value) is bool, "true or false"),
    "string": (_is_string, "a string up to 1000 long"),
    "name": (
        lambda value: type(value) is str and _NAME.match(value) is not None,
        "1 to 64 of letters, digits, dot, underscore, hyphen",
    ),
    "facts": (
        _are_facts,
        f"an object of up to {FACTS_LIMIT} strings, numbers, booleans and lists of these",
    ),
    "indices": (_are_indices, f"a list of up to {INDICES_LIMIT} indices"),
    "candidates": (
        lambda value: value == "all" or (_are_indices(value) and value != []),
        f'"all" or a list of 1 to {INDICES_LIMIT} indices',
    ),
}

# Of each type, what `check` looks at: a field's name, its kind, and whether it must be there.
_CHECKS: dict[str, list[_Check]] = {
    type: [(name.rstrip("?"), *_KINDS[kind], not name.endswith("?")) for name, kind in fields]
    for type, fields in FIELDS.items()
}


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise MessageError("bad_body", "the body is not UTF-8") from None


def _check_lines(text: str) -> None:
    lines = text.count("\n") + 1
    if lines > LINES_LIMIT:
        raise MessageError("too_large", f"the body has {lines} lines, the limit is {LINES_LIMIT}")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return number


_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def _limit_text(frame: str, got: int, limit: int) -> str:
    return f"the {frame} has {got} bytes, the limit is {limit}"


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
