"""npz:PATH: arrays X and y, and X_test and y_test where the test part is given."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.problems.networks.datasets.base import Splits
from architecto.problems.networks.datasets.data_options import task_of
from architecto.problems.networks.datasets.own import OwnDataset, Read, title
from architecto.problems.networks.datasets.targets import all_there, targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = {2: "features", 3: "series", 4: "image"}
"""Kinds of input by rank: [n, F], [n, C, L], [n, C, H, W]."""


class ArrayDataset(OwnDataset):
    """Whole numbers of images are scaled by the largest of their type; NaN in series is a gap, and
    so it is in features, which then get an indicator: `preprocessing` tells the numbers of those
    columns, from 0, as `indicated`. With an array `vocabulary` of one whole number, X is tokens
    [n, T] below it."""

    scheme = "npz"
    gaps = True
    bounded = False

    def __init__(self, where: str, metric: str | None = None) -> None:
        """metric: of numbers, if whole numbers in y are to be predicted and are no classes"""
        super().__init__(where, task=task_of(metric))

    def files(self) -> Iterable[Path]:
        path = Path(self.where).expanduser()
        if not path.is_file():
            raise self.error("no such file, expected a .npz file with arrays X and y")
        return [path.resolve()]

    def examine(self) -> Read:
        import numpy as np

        given = self._arrays()
        inputs, wanted = given["X"], given["y"]
        tests = [given[name] for name in ("X_test", "y_test") if name in given]
        metric = {"classification": "accuracy", "regression": "r2"}.get(self.options["task"] or "")
        rows = len(wanted) if wanted.ndim else 0
        if tests:  # the classes are those of both
            if wanted.shape[1:] != tests[1].shape[1:]:
                raise self.error("y and y_test differ in shape, expected the same save n")
            all_there(wanted, ["y"], self.error)
            all_there(tests[1], ["y_test"], self.error)
            wanted = np.concatenate([wanted, tests[1]])
        found = targets(wanted, ["y"], self.error, metric)
        kind = "tokens" if "vocabulary" in given else KINDS.get(inputs.ndim)
        if kind is None:
            shape = "x".join(map(str, inputs.shape))
            raise self.error(
                f"X is of shape {shape}, expected [n, features], [n, channels, length] or "
                "[n, channels, height, width]"
            )
        both = [inputs, *tests[:1]]
        notes: list[str] = []
        gaps: list[int] = []
        for name, values, count in zip(
            ("X", "X_test"), both, (rows, len(wanted) - rows), strict=False
        ):
            self._check(name, values, count, inputs.shape[1:])
        if kind == "image":
            both, notes = self._images(both)
        elif kind == "tokens":
            for name in ("X", "X_test", "vocabulary"):
                if name in given and given[name].dtype.kind not in "iu":
                    raise self.error(
                        f"{name} is of type {given[name].dtype}, expected whole numbers"
                    )
            if given["vocabulary"].size != 1:
                raise self.error(
                    "vocabulary is several numbers, expected how many tokens there are"
                )
            both = [values.astype(np.int64) for values in both]
        else:
            both = [values.astype(np.float32) for values in both]
            notes = [f"the mean and deviation of each {_COLUMN[kind]} are brought to 0 and 1"]
            self._check_finite(both)
        if kind == "features":
            missing = sum(int(np.isnan(values).sum()) for values in both)
            both, gaps = _indicated(both)
            if gaps:
                notes.append(
                    f"{missing} missing values become the mean, and {len(gaps)} columns more say "
                    "where (1: missing)"
                )
        sizes = both[0].shape[1:]
        if kind == "tokens":
            sizes = (*sizes, int(given["vocabulary"].item()))
        if tests:
            splits = Splits.before((both[0], found.values[:rows]), (both[1], found.values[rows:]))
        else:
            splits = Splits.of(both[0], found.values)
        return Read(
            splits,
            {
                "input_kind": kind,
                "input_shape": tuple(map(int, sizes)),
                "task_kind": found.task_kind,
                "classes": found.classes,
                "class_names": found.names,
                "description": title(self.where),
                "preprocessing": {"indicated": gaps} if gaps else {},
                "notes": tuple(notes),
            },
        )

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        import numpy as np

        (path,) = self.files()
        if path.stat().st_size == 0:
            raise self.error("the file is empty")
        try:
            with path.open("rb") as opened:
                file = np.load(opened, allow_pickle=False)
                if not hasattr(file, "files"):
                    raise self.error("that is one array, expected a .npz file with X and y")
                names = ("X", "y", "X_test", "y_test", "vocabulary")
                there = {name: self._array(file, name) for name in names if name in file.files}
                known = ", ".join(file.files) or "none"
        except (ValueError, zipfile.BadZipFile) as error:
            if "pickle" in str(error):
                raise self.error("no .npz file, expected arrays X and y in one") from None
            raise
        missing = [name for name in ("X", "y") if name not in there]
        if ("X_test" in there) != ("y_test" in there):
            missing.append("y_test" if "X_test" in there else "X_test")
        if missing:
            raise self.error(f"got arrays {known}, expected {' and '.join(missing)} among them")
        for name in {"X", "X_test"} & there.keys():
            if there[name].dtype == "uint8" and there[name].ndim == 3:
                there[name] = there[name][:, None]  # bytes [n, height, width] are grey images
        return there

    def _array(self, file: Any, name: str) -> NDArray[Any]:
        try:
            found: NDArray[Any] = file[name]
        except ValueError as error:
            if "allow_pickle" not in str(error):
                raise
            raise self.error(
                f"{name} is an array of Python objects, which is not read: make it one of numbers "
                f"or strings, such as {name}.astype('str')"
            ) from None
        return found

    def _check(self, name: str, values: Any, count: int, shape: tuple[int, ...]) -> None:
        if values.dtype.kind not in "biuf":
            raise self.error(f"{name} is of type {values.dtype}, expected numbers")
        if len(values) != count:
            raise self.error(f"{name} has {len(values)} rows, but its y has {count}")
        if values.shape[1:] != shape:
            raise self.error(f"{name} is of shape {values.shape}, expected rows of shape {shape}")
        if values.ndim == 4 and values.shape[3] in (1, 3, 4) and values.shape[1] not in (1, 3, 4):
            raise self.error(
                f"{name} is of shape {'x'.join(map(str, values.shape))}, expected channels before "
                f"height and width: {name}.transpose(0, 3, 1, 2)"
            )

    def _check_finite(self, both: list[NDArray[Any]]) -> None:
        import numpy as np

        for name, values in zip(("X", "X_test"), both, strict=False):
            if np.isinf(values).any():
                place = np.argwhere(np.isinf(values))[0]
                at = ", ".join(map(str, place[1:] + 1))
                raise self.error(
                    f"{name}, row {place[0] + 1}, column {at}: got {values[tuple(place)]}, "
                    "expected a finite number (NaN where one is missing)"
                )

    def _images(self, both: list[NDArray[Any]]) -> tuple[list[NDArray[Any]], list[str]]:
        import numpy as np

        kind = both[0].dtype
        if kind.kind in "iub" and kind.kind != "b":
            most = np.iinfo(kind).max if kind.itemsize <= 2 else 255
            both = [values.astype(np.float32) / np.float32(most) for values in both]
            notes = [f"pixels are divided by {most}"]
        else:
            both = [values.astype(np.float32) for values in both]
            notes = []
        for name, values in zip(("X", "X_test"), both, strict=False):
            if not np.isfinite(values).all():
                row = np.argwhere(~np.isfinite(values))[0][0] + 1
                raise self.error(f"{name}, row {row}: a pixel is no finite number")
        return both, [*notes, "mean and deviation of each channel are brought to 0 and 1"]


_COLUMN = {"features": "feature", "series": "channel"}


def _indicated(both: list[NDArray[Any]]) -> tuple[list[NDArray[Any]], list[int]]:
    """Features with a further column for each that has gaps, 1 where the value is missing; and the
    numbers of those columns."""
    import numpy as np

    gaps = [np.isnan(values) for values in both]
    columns = np.flatnonzero(np.logical_or.reduce([gap.any(axis=0) for gap in gaps])).tolist()
    if not columns:
        return both, []
    return [
        np.concatenate([values, gap[:, columns].astype(np.float32)], axis=1)
        for values, gap in zip(both, gaps, strict=True)
    ], columns
