"""Kinds of arguments of the command line: each gives a value, or says what it expected."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """A whole number from 1 on."""
    return _integer(text, 1)


def natural(text: str) -> int:
    """A whole number from 0 on."""
    return _integer(text, 0)


def _integer(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value < 2**53:
        raise argparse.ArgumentTypeError(f"got {text}, expected a whole number from {least} on")
    return value
