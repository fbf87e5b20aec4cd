"""A file of settings for a run, in TOML: NAME = VALUE a line, the names those of a notebook.

dataset = "csv:houses.csv"
target = "price"
lr = "search"
batch-size = 64          # batch_size is as good
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class ConfigError(ValueError):
    """A file that cannot be read or says what is no setting; the message is one line."""


def read(path: Path) -> dict[str, Any]:
    """What the file says, by name with underscores; raises ConfigError."""
    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"--config {path}: cannot read it: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"--config {path}: no TOML: {' '.join(str(error).split())}") from None
    names = [name.replace("-", "_") for name in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"--config {path}: {name} is there with a hyphen and without")
    return dict(zip(names, found.values(), strict=True))


def given(path: Path, known: Sequence[str]) -> dict[str, Any]:
    """The same, where every name is one of those known; raises ConfigError."""
    found = read(path)
    for name in found:
        if name not in known:
            what = f"unknown setting {name!r}, expected {', '.join(sorted(known))}"
            raise ConfigError(f"--config {path}: {what}")
    return found
