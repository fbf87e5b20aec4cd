"""A setting: written once, as the field of a frozen dataclass, with its meaning and default.

The field is the command line's option, its line of help, and the documentation of the class that a
notebook's `help` shows. Nothing here imports torch.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import inspect
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from architecto.arguments import natural, positive


class SettingError(ValueError):
    """A setting that is unknown, or has a value that cannot be; the message is one line."""


def setting(
    default: Any,
    meaning: str,
    *,
    metavar: str = "NAME",
    least: float | None = None,
    most: float | None = None,
    absent: str | None = None,
    words: Sequence[str] = (),
) -> Any:
    """A field of a dataclass of settings.

    meaning: what it is and its unit, in a few words
    metavar: what stands for the value in the help; N: a whole number, X: a number
    least, most: the smallest and the largest number that it may be
    absent: what holds where the default is None, in words
    words: of a number, the words that may stand in its place; else all values that there are
    """
    facts: dict[str, Any] = {"meaning": meaning, "metavar": metavar, "least": least, "most": most}
    facts |= {"absent": absent or "none", "words": tuple(words)}
    return dataclasses.field(default=default, metadata=facts)


def of(kind: type) -> tuple[dataclasses.Field[Any], ...]:
    """The fields of a dataclass that are settings, in their order."""
    return tuple(field for field in dataclasses.fields(kind) if "meaning" in field.metadata)


def names(kind: type) -> list[str]:
    """Their names."""
    return [field.name for field in of(kind)]


def option(name: str) -> str:
    """The option of the command line for a setting."""
    return "--" + name.replace("_", "-")


def documented(kind: type) -> type:
    """Add the settings to the documentation of their class; a decorator."""
    lines = [f"{field.name}: {_line(field)}" for field in of(kind)]
    kind.__doc__ = "\n".join([inspect.cleandoc(kind.__doc__ or ""), "", *lines])
    return kind


def add_options(
    command: argparse._ActionsContainer, kind: type, only: Container[str] | None = None
) -> None:
    """Add an option for each setting of a dataclass, or for those in ``only``.

    An option that is not given is None: the dataclass alone knows the defaults.
    """
    for field in of(kind):
        if only is not None and field.name not in only:
            continue
        words = field.metadata
        command.add_argument(
            option(field.name),
            type=_kind(words["metavar"], words["least"], words["words"]),
            default=None,
            metavar="|".join([words["metavar"], *(words["words"] if _is_number(words) else ())]),
            help=_line(field).replace("%", "%%"),
        )


def check(settings: Any) -> None:
    """Raise SettingError at the first setting whose value cannot be."""
    for field in of(type(settings)):
        value, words = getattr(settings, field.name), field.metadata
        if value is None and field.default is None:
            continue
        name = option(field.name)
        if value in words["words"]:
            continue
        if _is_number(words):
            number = type(value) is int or (words["metavar"] == "X" and type(value) is float)
            if not number:
                what = "a whole number" if words["metavar"] == "N" else "a number"
                expected = _either([what, *words["words"]])
                raise SettingError(f"{name} is {value!r}, expected {expected}")
            least, most = words["least"], words["most"]
            if least is not None and most is not None and not least <= value <= most:
                raise SettingError(f"{name} is {value}, expected {least} to {most}")
            if least is not None and not value >= least:
                raise SettingError(f"{name} is {value}, expected at least {least}")
        elif not isinstance(value, str):
            raise SettingError(f"{name} is {value!r}, expected a string")
        elif words["words"]:
            raise SettingError(f"{name} is {value!r}, expected {_either(words['words'])}")


def refuse_unknown(given: Iterable[str], *kinds: type, what: str) -> None:
    """Raise SettingError for a name that is no setting of any of these classes."""
    known = [name for kind in kinds for name in names(kind)]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known) or known
            raise SettingError(f"unknown setting {name!r} of {what}, expected {', '.join(near)}")


def _line(field: dataclasses.Field[Any]) -> str:
    default = field.metadata["absent"] if field.default is None else field.default
    return f"{field.metadata['meaning']} (default: {default})"


def _either(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _is_number(words: Mapping[str, Any]) -> bool:
    return words["metavar"] in ("N", "X")


def _kind(metavar: str, least: float | None, words: Sequence[str] = ()) -> Any:
    kinds: dict[str, Any] = {"N": positive if least == 1 else natural, "X": float}
    number = kinds.get(metavar)
    if number is None:
        return str

    def number_or_word(text: str) -> Any:
        try:
            return text if text in words else number(text)
        except (ValueError, argparse.ArgumentTypeError):
            what = "a number" if metavar == "X" else f"a whole number from {least} on"
            expected = _either([what, *words])
            raise argparse.ArgumentTypeError(f"got {text}, expected {expected}") from None

    return number_or_word if words else number
