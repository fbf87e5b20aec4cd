"""Data sets whose facts are in their files: they are read once, prepared, and kept."""

from __future__ import annotations

import math
import zlib
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from architecto.catalogue import CatalogueError
from architecto.printing import one_line
from architecto.problems.networks.datasets import store
from architecto.problems.networks.datasets.base import (
    BaseDataset,
    DatasetError,
    Splits,
    data_folder,
)
from architecto.problems.networks.datasets.tensors import PARTS, scaled

_FACTS = (
    *("input_kind", "input_shape", "task_kind", "classes", "description", "class_names"),
    *("epochs", "batch_size", "learning_rate", "preprocessing", "notes", "sizes"),
)
_known: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True)
class Read:
    """What a subclass read: its parts, and the facts of `BaseDataset` that it learned."""

    splits: Splits
    facts: Mapping[str, Any]


class OwnDataset(BaseDataset):
    """What a spec SCHEME:WHERE names. A subclass says which files it is read from and reads them.

    where: the path or name after the colon
    options: those that change what is read
    """

    scheme: str
    sizes: tuple[int, ...] = ()
    """Rows of the training, validation and test part."""

    def __init__(self, where: str, **options: Any) -> None:
        """Reads the files, unless what was prepared from them is still there.

        Raises `DatasetError`, of which the message names the file or row.
        """
        self.where, self.options = where, options
        self.name = f"{self.scheme}:{where}"
        self._learn()

    @abstractmethod
    def files(self) -> Iterable[Path]:
        """The files that it is made from; raises DatasetError if they are not there."""

    @abstractmethod
    def examine(self) -> Read:
        """Reads them. Raises DatasetError."""

    def error(self, text: str) -> DatasetError:
        """An error that names the data set."""
        return DatasetError(f"{self.name}: {text}")

    def key(self, folder: Path) -> str:
        try:
            return store.key(self.files(), self.scheme, Path(self.where).name, self.options)
        except OSError as error:
            raise self.error(f"cannot read {error.filename}: {error.strerror}") from None

    def read(self, folder: Path) -> Splits:
        return self._examine().splits

    def ensure_available(self, folder: Path) -> None:
        store.prepared(folder, self.key(folder), self._prepare)

    def _learn(self) -> None:
        folder = data_folder()
        name = self.key(folder)
        if name not in _known:
            _known[name] = store.prepared(folder, name, self._prepare)
        self._take(_known[name])

    def _prepare(self) -> tuple[Any, dict[str, Any]]:
        found = self._examine()
        self._take(found.facts)
        rows = [len(getattr(found.splits, part)[1]) for part in PARTS]
        self._take({"sizes": rows} | usual_training(rows[0]) | dict(found.facts))
        for part, count in zip(PARTS, rows, strict=True):
            if count == 0:
                raise self.error(
                    f"{sum(rows)} rows are too few: the {part} part has none; expected at least 5, "
                    "and 4 of a class"
                )
        self.check_facts()
        self.check_parts(found.splits)
        return scaled(self, found.splits), {name: getattr(self, name) for name in _FACTS}

    def _examine(self) -> Read:
        import numpy as np

        try:
            with np.errstate(over="ignore"):  # an infinite number is told with its place
                return self.examine()
        except CatalogueError:
            raise
        except (OSError, ValueError, EOFError, MemoryError, BadZipFile, zlib.error) as error:
            raise self.error(f"cannot read it: {one_line(error)}") from None

    def _take(self, facts: Mapping[str, Any]) -> None:
        for name in _FACTS:
            if name in facts:
                value = facts[name]
                setattr(self, name, tuple(value) if isinstance(value, list) else value)


def usual_training(rows: int) -> dict[str, Any]:
    """Epochs, batch size and learning rate for a training part of so many rows: about 600 steps
    for a small one, at least 3 epochs for a large one."""
    batch, rate = (32, 5e-3) if rows <= 5000 else (64, 3e-3) if rows <= 30000 else (128, 3e-3)
    epochs = min(100, max(3, math.ceil(600 / math.ceil(rows / batch))))
    return {"epochs": epochs, "batch_size": batch, "learning_rate": rate}


def title(where: str) -> str:
    """A file's name without its ending, as a description in one line."""
    name = Path(where).expanduser().resolve().stem
    return "".join(c if c.isprintable() else "?" for c in name) or "data"
