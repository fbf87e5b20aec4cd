"""What a data set is. One of a user's own is one file:

class Shapes(BaseDataset):
    input_shape, classes, description = (1, 16, 16), 3, "drawn shapes"

    def read(self, folder):
        images, labels = …             # float32 [n, 1, 16, 16] in [0, 1], int64 [n]
        return Splits.of(images, labels)
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from architecto.catalogue import CatalogueError
from architecto.printing import one_line

if TYPE_CHECKING:  # names are told without NumPy, which takes a moment to load
    from numpy.typing import NDArray

SPLIT_SEED = 0
"""Seed of every split; a split is the same in every run and for every seed of a search."""

Arrays: TypeAlias = "tuple[NDArray[Any], NDArray[Any]]"
"""Inputs and targets of one part; `BaseDataset` says what they look like."""

TEST, VALIDATION = 0.2, 0.25
"""Part of all rows that is tested; part of the others that validates."""


class DatasetError(CatalogueError):
    """There is no such data set, or it cannot be used; the message is one line."""


class DatasetUnavailable(DatasetError):
    """The data set's files are missing or damaged; the message is one line on what to do."""


@dataclass(frozen=True)
class Splits:
    """The parts of a data set."""

    train: Arrays
    validation: Arrays
    """What the search sees."""
    test: Arrays
    """What is told in the end."""

    @classmethod
    def of(cls, inputs: NDArray[Any], targets: NDArray[Any]) -> Splits:
        """60 % are training, 20 % validation and 20 % test rows: of every class, where the targets
        are classes (whole numbers, one a row)."""
        rest, test = hold_out((inputs, targets), _counts(targets, TEST))
        return cls.before(rest, test)

    @classmethod
    def before(cls, published: Arrays, test: Arrays) -> Splits:
        """The same where the test part is given: 25 % of the other rows validate."""
        train, validation = hold_out(published, _counts(published[1], VALIDATION))
        return cls(train, validation, test)


class BaseDataset(ABC):
    """Rows of inputs and targets. Its facts are class attributes and need no files and no torch.

    name: shown in messages; the registered name, or the class's in small letters, where a subclass
        gives none
    input_kind, input_shape: the sizes of an input without its batch, by its kind:
        image: (channels, height, width), float32 from 0 to 1
        features: (features,), float32
        series: (channels, length), float32
        tokens: (length, vocabulary), int64 from 0 (padding, on the left) to below the vocabulary
        table: (numbers, categories, values), float32: first the numbers, then a code for each
            category, whole numbers below `values`, different ones in different columns
    task_kind, classes: what the targets are:
        classification: int64 `[n]` below `classes`
        regression: float32 `[n, classes]`
        multi-label: float32 `[n, classes]`, each 0 or 1
        language-model: int64 `[n, length]`, the token after each, or -100; `classes` is the
            vocabulary
    description: what the rows are, in the plural
    epochs, batch_size, learning_rate: of a training that suits it, the last the highest of a cycle
    gaps: may inputs be NaN? They become the mean of the training part
    bounded: are images checked to be from 0 to 1?

    A constructor may take options by their names: target, image_size, context.
    """

    name: str = ""
    input_kind: str = "image"
    input_shape: tuple[int, ...]
    task_kind: str = "classification"
    classes: int
    description: str
    epochs: int = 16
    batch_size: int = 32
    learning_rate: float = 5e-3
    gaps: bool = False
    bounded: bool = True
    metric: str = ""
    """The metric that ranks the networks; set by `datasets.create`."""
    class_weights: str = "none"
    """"none" or "balanced"; set by `datasets.create`."""
    class_names: tuple[str, ...] = ()
    """What the classes, labels or targets are called, where that is known."""
    preprocessing: Mapping[str, Any] = {}
    """How an input is made from what the user has, as JSON; see the files of the data sets."""
    notes: tuple[str, ...] = ()
    """What is done to the data, for `describe-data`; one line each."""

    @property
    def task(self) -> str:
        """The sentence that tells a scorer what the network is for (height x width x channels)."""
        what = _WHAT[self.input_kind](self.input_shape).format(self.description)
        count = self.classes
        numbers = "a number" if count == 1 else f"{count} numbers"
        return _TASKS[self.task_kind].format(what, count, numbers)

    def ensure_available(self, folder: Path) -> None:  # noqa: B027 (most have nothing to do)
        """Makes sure that `read` will find what it needs, downloading it into `folder` if need be.

        Raises `DatasetUnavailable`. Imports no torch.
        """

    @abstractmethod
    def read(self, folder: Path) -> Splits:
        """Inputs and targets, the same at every call; `folder` is where data sets lie."""

    def key(self, folder: Path) -> str | None:
        """What tells the arrays of now from others: they are kept under it, once for all processes.
        None where they are read anew by each."""
        return None

    def check_facts(self) -> None:
        """Raises DatasetError unless the facts can be used."""
        from architecto.problems.networks.datasets import checks

        wrong = checks.wrong_facts(self)
        if wrong:
            raise DatasetError(f"data set {self.name}: {wrong}")

    def read_checked(self, folder: Path) -> Splits:
        """What `read` gives; raises DatasetError unless it is what it should be."""
        try:
            splits = self.read(folder)
        except CatalogueError:
            raise
        except Exception as error:
            raise DatasetError(f"data set {self.name}: read() raised {one_line(error)}") from error
        self.check_parts(splits)
        return splits

    def check_parts(self, splits: object) -> None:
        """Raises DatasetError unless these are parts as its facts say."""
        from architecto.problems.networks.datasets import checks

        if not isinstance(splits, Splits):
            got = type(splits).__name__
            raise DatasetError(f"data set {self.name}: read() gave {got}, expected Splits")
        for part in fields(Splits):
            wrong = checks.wrong_part(self, *getattr(splits, part.name))
            if wrong:
                raise DatasetError(f"data set {self.name}, {part.name} part: {wrong}")


_WHAT: dict[str, Callable[[tuple[int, ...]], str]] = {
    "image": lambda s: f"{s[1]}x{s[2]}x{s[0]} images of {{}}",
    "features": lambda s: f"{s[0]} features of {{}}",
    "series": lambda s: f"{s[0]}x{s[1]} series of {{}}",
    "tokens": lambda s: f"{s[0]} tokens ({s[1]} different ones) of {{}}",
    "table": lambda s: f"{s[0]} numbers and {s[1]} categories ({s[2]} values) of {{}}",
}
_TASKS = {
    "classification": "categorize {} into {} categories",
    "regression": "predict {2} from {0}",
    "multi-label": "find which of {1} labels hold for {0}",
    "language-model": "predict the next token after each of {}",
}


def hold_out(part: Arrays, counts: list[int] | int) -> tuple[Arrays, Arrays]:
    """The rest of a part and what is held out of it: `counts[c]` rows drawn from each class c, or
    `counts` from all rows.

    Drawn with `RandomState`, whose stream NumPy promises never to change.
    """
    import numpy as np

    inputs, targets = part
    random = np.random.RandomState(SPLIT_SEED)
    chosen = np.zeros(len(targets), dtype=bool)
    if isinstance(counts, int):
        chosen[random.permutation(len(targets))[:counts]] = True
    else:
        for label, count in enumerate(counts):
            members = np.flatnonzero(targets == label)
            chosen[random.permutation(members)[:count]] = True
    return (inputs[~chosen], targets[~chosen]), (inputs[chosen], targets[chosen])


def _counts(targets: NDArray[Any], share: float) -> list[int] | int:
    """How many rows of each class (or of all, where there are no classes) are this share."""
    import numpy as np

    if np.ndim(targets) > 1 or np.asarray(targets).dtype.kind == "f":
        return max(1, round(len(targets) * share))
    return [round(n * share) for n in np.bincount(targets)]


def data_folder() -> Path:
    """Where downloaded data sets lie: `ARCHITECTO_DATA`, else `~/.cache/architecto`."""
    chosen = os.environ.get("ARCHITECTO_DATA")
    return Path(chosen) if chosen else Path.home() / ".cache" / "architecto"
