"""Targets as a user has them, as targets of a task: classes, numbers, or labels that hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from architecto.problems.networks.datasets.base import DatasetError
from architecto.problems.networks.datasets.data_options import listed, option, task_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CLASSES = 20
"""Whole numbers in a table with at most so many different ones are classes."""


@dataclass(frozen=True)
class Targets:
    """task_kind, classes: see `BaseDataset`
    values: as it says
    names: of the classes, labels or targets
    """

    task_kind: str
    values: NDArray[Any]
    names: tuple[str, ...]

    @property
    def classes(self) -> int:
        return len(self.names)


def targets(
    given: NDArray[Any],
    names: Sequence[str],
    wrong: Callable[[str], DatasetError],
    metric: str | None,
    most_classes: int | None = None,
) -> Targets:
    """Targets from an array `[n]` or `[n, k]` without Python objects.

    Strings, truth values and whole numbers are classes; with `most_classes`, whole numbers that
    are more different ones are not. Fractions are numbers to predict. Two columns or more of 0 and
    1 are labels. A metric of classes or numbers decides where both could be meant.

    names: of the columns; wrong: makes an error of a text
    """
    import numpy as np

    if given.ndim > 2 or given.ndim == 0 or given.size == 0:
        shape = "x".join(map(str, given.shape)) or "one value"
        raise wrong(f"{names[0]} is of shape {shape}, expected [n] or [n, targets]")
    all_there(given, names, wrong)
    columns = given.reshape(len(given), -1)
    numeric = columns.dtype.kind in "iufb"
    if columns.shape[1] == 1:
        if _are_classes(columns[:, 0], metric, most_classes):
            return _classes(columns[:, 0], names[0], wrong)
        return Targets("regression", columns.astype(np.float32), tuple(names[:1]))
    names = tuple(names) if len(names) == columns.shape[1] else _numbered(names[0], columns)
    if numeric and np.isin(columns, (0, 1)).all() and task_of(metric) != "regression":
        return Targets("multi-label", columns.astype(np.float32), names)
    if not numeric:
        raise wrong(f"several targets must be numbers, got {columns.dtype} in {', '.join(names)}")
    return Targets("regression", columns.astype(np.float32), names)


def _are_classes(column: NDArray[Any], metric: str | None, most_classes: int | None) -> bool:
    import numpy as np

    kind = column.dtype.kind
    if kind not in "iuf":
        return True
    wanted = task_of(metric)
    if wanted is not None:
        return wanted == "classification"
    return kind != "f" and (most_classes is None or len(np.unique(column)) <= most_classes)


def _classes(column: NDArray[Any], name: str, wrong: Callable[[str], DatasetError]) -> Targets:
    import numpy as np

    found, codes = np.unique(column, return_inverse=True)
    if len(found) == 1:
        raise wrong(f"{name} is {found[0]} in every row, expected at least two classes")
    if 2 * len(found) > len(column):
        other = f"; with {option('metric')} r2 it is a number to predict"
        raise wrong(
            f"{name} has {len(found)} classes ({listed(found[:3])} …) in {len(column)} rows: too "
            "few rows" + other * (column.dtype.kind in "iuf")
        )
    return Targets("classification", codes.astype(np.int64), tuple(map(str, found.tolist())))


def all_there(
    given: NDArray[Any], names: Sequence[str], wrong: Callable[[str], DatasetError]
) -> None:
    """Raises the error of a target that is missing, infinite or of another type, with its row."""
    import numpy as np

    if given.dtype.kind not in "biufUS":
        raise wrong(f"{names[0]} is of type {given.dtype}, expected numbers or strings")
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        place = np.argwhere(~np.isfinite(given))[0]
        name = names[place[1]] if len(place) > 1 and len(names) > place[1] else names[0]
        value = given[tuple(place)]
        what = "is missing (NaN)" if np.isnan(value) else f"is {value}, expected a finite number"
        raise wrong(f"row {place[0] + 1}: {name} {what}")


def _numbered(name: str, columns: NDArray[Any]) -> tuple[str, ...]:
    return tuple(f"{name}{number}" for number in range(1, columns.shape[1] + 1))
