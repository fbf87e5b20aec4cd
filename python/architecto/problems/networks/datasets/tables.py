"""csv:PATH and parquet:PATH: a table with the column to predict, --target COLUMN.

Numbers are scaled, categories embedded. What a column becomes is learned from the training rows and
kept as the data set's `preprocessing`, a JSON object with a list `columns`:

    {"name": "age", "kind": "number", "indicator": true}
    {"name": "born", "kind": "date"}                       days since 1970
    {"name": "city", "kind": "category", "values": ["Basel", "Bern"], "first": 3}

The code of a category is `first` for a value that is missing or was not seen, else `first` + 1 +
its place among the values. `encode` turns the rows of a table into inputs by it.
"""

from __future__ import annotations

import csv
import importlib.util
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.catalogue import CatalogueError
from architecto.printing import one_line
from architecto.problems.networks.datasets.base import DatasetUnavailable, Splits
from architecto.problems.networks.datasets.data_options import listed, task_of
from architecto.problems.networks.datasets.own import OwnDataset, Read, title
from architecto.problems.networks.datasets.targets import MOST_CLASSES, targets

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

SEEN = 2
"""A category has a code of its own if so many training rows have it. The others share the code of
what was never seen, so that it is trained too; a column of names or numbers of rows has none left.
"""

MOST_VALUES = 1000
"""At most so many values of a category have codes of their own, the most frequent ones."""


class TableDataset(OwnDataset):
    gaps = True

    def __init__(self, where: str, target: str | None = None, metric: str | None = None) -> None:
        """target: the columns to predict, with commas between; metric: of numbers or of classes, if
        whole numbers in the target could be both"""
        super().__init__(where, target=target, task=task_of(metric))

    def files(self) -> Iterable[Path]:
        path = Path(self.where).expanduser()
        if not path.is_file():
            raise self.error("no such file")
        if path.stat().st_size == 0:
            raise self.error("the file is empty")
        return [path.resolve()]

    def frame(self) -> DataFrame:
        """The table as pandas reads it."""
        raise NotImplementedError

    def examine(self) -> Read:
        import numpy as np

        frame = self._frame()
        wanted = self._wanted(frame)
        rest = frame.drop(columns=wanted)
        if rest.shape[1] == 0:
            raise self.error("no column is left to predict from")
        metric = {"classification": "accuracy", "regression": "r2"}.get(self.options["task"] or "")
        found = targets(self._values(frame, wanted), wanted, self.error, metric, MOST_CLASSES)
        self._check_finite(rest)
        self._check_texts(rest)
        rows = Splits.of(np.arange(len(frame)), found.values)
        columns, notes = learn(rest, rest.iloc[rows.train[0]])
        shape = sizes(columns)
        if shape[0] == 0 and shape[1] == 0:
            raise self.error(f"no column can be learned from: {'; '.join(notes)}")
        inputs = encode(rest, columns)
        parts = [(inputs[part[0]], part[1]) for part in (rows.train, rows.validation, rows.test)]
        return Read(
            Splits(*parts),
            {
                "input_kind": "table" if shape[1] else "features",
                "input_shape": shape if shape[1] else shape[:1],
                "task_kind": found.task_kind,
                "classes": found.classes,
                "class_names": found.names,
                "description": title(self.where),
                "preprocessing": {"columns": columns, "target": wanted},
                "notes": tuple(notes),
            },
        )

    def _frame(self) -> DataFrame:
        if importlib.util.find_spec("pandas") is None:
            raise DatasetUnavailable(f"{self.name}: pandas is missing: pip install pandas")
        try:
            frame = self.frame()
        except CatalogueError:
            raise
        except Exception as error:  # pandas and pyarrow raise many kinds
            raise self.error(f"cannot read it: {one_line(error)}") from None
        frame.columns = [str(name) for name in frame.columns]
        double = frame.columns[frame.columns.duplicated()]
        if len(double):
            raise self.error(f"two columns are called {double[0]!r}: rename one")
        if len(frame) == 0:
            raise self.error("the table has no rows")
        return dated(frame.reset_index(drop=True))

    def _wanted(self, frame: DataFrame) -> list[str]:
        """The names of the target's columns."""
        given = self.options["target"]
        if not given:
            raise self.error(f"--target is missing, the column to predict: {listed(frame.columns)}")
        names = [given] if given in frame.columns else [n.strip() for n in given.split(",")]
        for name in names:
            if name not in frame.columns:
                raise self.error(
                    f"--target: no column {name!r}, expected {listed(frame.columns, name)}"
                )
        if len(set(names)) < len(names):
            raise self.error(f"--target names a column twice: {given}")
        return names

    def _values(self, frame: DataFrame, wanted: Sequence[str]) -> NDArray[Any]:
        """The target's columns as one array without Python objects."""
        import numpy as np

        arrays = []
        for name in wanted:
            column = frame[name]
            if column.isna().any():
                raise self.error(f"row {int(column.isna().argmax()) + 1}: {name} is missing")
            values = column.to_numpy()
            if values.dtype.kind not in "biuf":
                values = column.astype(str).to_numpy().astype(np.str_)
            arrays.append(values)
        return arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)

    def _check_finite(self, frame: DataFrame) -> None:
        import numpy as np

        for name in _numeric(frame):
            values = frame[name].to_numpy(dtype=float, na_value=np.nan)
            if np.isinf(values).any():
                row = int(np.isinf(values).argmax())
                raise self.error(
                    f"row {row + 1}: {name} is {values[row]}, expected a finite number, or nothing "
                    "where it is missing"
                )

    def _check_texts(self, frame: DataFrame) -> None:
        """Raises an error for a text among numbers: its column would not be one of numbers."""
        import pandas

        for name in frame.columns[[kind.kind in "OT" for kind in frame.dtypes]]:
            known = frame[name].dropna()
            texts = known[pandas.to_numeric(known.astype(str), errors="coerce").isna()]
            if 0 < len(texts) < 0.2 * len(known) and known.nunique() > MOST_CLASSES:
                raise self.error(
                    f"row {texts.index[0] + 1}: {name} is {texts.iloc[0]!r}, but most rows have "
                    "numbers there: leave it empty where it is not known"
                )


class CsvDataset(TableDataset):
    """The first line names the columns; commas, semicolons, tabs or bars are between them. Beside
    semicolons, numbers may have decimal commas."""

    scheme = "csv"

    def frame(self) -> DataFrame:
        import pandas

        (path,) = self.files()
        head: Any = {"header": None, "nrows": 1}
        line = pandas.read_csv(path, sep="\0", quoting=csv.QUOTE_NONE, engine="python", **head)
        unquoted = re.sub('"[^"]*("|$)', "", str(line.iloc[0, 0]))
        between = max(",;\t|", key=unquoted.count)
        names = pandas.read_csv(path, sep=between, dtype=str, **head).iloc[0]
        if names.dropna().duplicated().any():  # which pandas would rename
            name = names[names.notna() & names.duplicated()].iloc[0]
            raise self.error(f"two columns are called {name!r}: rename one")
        how: Any = {"sep": between, "low_memory": False, "index_col": False}
        with warnings.catch_warnings():
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            try:
                frame = pandas.read_csv(path, **how)
            except pandas.errors.ParserWarning:  # it would leave the last values out
                raise self.error(
                    f"rows have more values than the {len(names)} columns that the first line names"
                ) from None
        if between != ";":
            return frame
        other = pandas.read_csv(path, decimal=",", **how)
        more = len(_numeric(other).columns) > len(_numeric(frame).columns)
        return other if more else frame


class ParquetDataset(TableDataset):
    """Dates are days; lists and other nested columns are refused."""

    scheme = "parquet"

    def frame(self) -> DataFrame:
        if importlib.util.find_spec("pyarrow") is None:
            raise DatasetUnavailable(
                f"{self.name}: pyarrow is missing: pip install 'architecto[parquet]'"
            )
        import pandas

        (path,) = self.files()
        return pandas.read_parquet(path, engine="pyarrow")


def dated(frame: DataFrame) -> DataFrame:
    """The same with columns of texts such as 2026-01-31 as dates."""
    import pandas

    found = {}
    for name in frame.columns[[kind.kind in "OT" or str(kind) == "str" for kind in frame.dtypes]]:
        known = frame[name].dropna()
        if len(known) and known.map(lambda text: bool(_DATE.match(str(text)))).all():
            try:
                found[name] = pandas.to_datetime(frame[name], format="ISO8601", utc=True)
            except ValueError:
                continue  # no dates after all
    return frame.assign(**found) if found else frame


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]*)?\Z")


def _numeric(frame: DataFrame) -> DataFrame:
    return frame.select_dtypes("number")


def learn(frame: DataFrame, train: DataFrame) -> tuple[list[dict[str, Any]], list[str]]:
    """What each column becomes, and the same in words; learned from the training rows.

    Only whether a number is ever missing is looked up in all rows: it decides the shape.
    """
    from pandas.api import types

    columns: list[dict[str, Any]] = []
    notes: list[str] = []
    first = 0
    for name in frame.columns:
        column, known = frame[name], train[name].dropna()
        missing = int(column.isna().sum())
        if known.nunique() < 2:
            notes.append(f"{name}: left out, it has no two values")
        elif types.is_datetime64_any_dtype(column) or types.is_numeric_dtype(column):
            kind = "date" if types.is_datetime64_any_dtype(column) else "number"
            indicated = {"indicator": True} if missing else {}
            columns.append({"name": name, "kind": kind} | indicated)
            notes.append(f"{name}: {_NUMBERS[kind]}, scaled" + _missing(missing))
        else:
            counts = known.astype(str).value_counts()
            values = sorted(counts.index[counts >= SEEN][:MOST_VALUES])
            if len(values) < 2:
                notes.append(f"{name}: left out, nearly every row has another text")
                continue
            columns.append({"name": name, "kind": "category", "values": values, "first": first})
            first += len(values) + 1
            rare = len(counts) - len(values)
            notes.append(
                f"{name}: category, {len(values)} values embedded ({listed(values[:5])}"
                + (", …)" if len(values) > 5 else ")")
                + f", {rare} rare ones together" * bool(rare)
                + f"; {missing} missing, as what was never seen" * bool(missing)
            )
    return columns, notes


def sizes(columns: Iterable[Mapping[str, Any]]) -> tuple[int, int, int]:
    """Numbers, categories and values of all categories of the inputs that `encode` makes."""
    kinds = [column for column in columns if column["kind"] == "category"]
    numbers = [column for column in columns if column["kind"] != "category"]
    extra = sum(bool(column.get("indicator")) for column in numbers)
    return len(numbers) + extra, len(kinds), sum(len(column["values"]) + 1 for column in kinds)


def encode(frame: DataFrame, columns: Sequence[Mapping[str, Any]]) -> NDArray[Any]:
    """float32 `[n, numbers + categories]`: numbers as they are, NaN where one is missing, then
    their indicators, then the codes of the categories."""
    import numpy as np

    numbers, indicators, codes = [], [], []
    for told in columns:
        column = frame[told["name"]]
        if told["kind"] == "category":
            places = {value: place for place, value in enumerate(told["values"], told["first"] + 1)}
            texts = column.astype(object).where(column.notna(), None)
            codes.append(
                [
                    places.get(str(text), told["first"]) if text is not None else told["first"]
                    for text in texts
                ]
            )
            continue
        values = (
            _days(column) if told["kind"] == "date" else column.to_numpy(float, na_value=np.nan)
        )
        numbers.append(values)
        if told.get("indicator"):
            indicators.append(np.isnan(values))
    stacked = [np.asarray(column, np.float32) for column in [*numbers, *indicators, *codes]]
    return np.stack(stacked, axis=1)


def _days(column: Series[Any]) -> NDArray[Any]:
    import numpy as np
    import pandas

    if not pandas.api.types.is_datetime64_any_dtype(column):
        column = pandas.to_datetime(column, format="ISO8601", utc=True, errors="coerce")
    days: NDArray[Any] = column.to_numpy("datetime64[us]").astype("int64") / 86400e6
    days[column.isna().to_numpy()] = np.nan
    return days


_NUMBERS = {"number": "number", "date": "date as days"}


def _missing(count: int) -> str:
    if count == 0:
        return ""
    return f"; {count} missing become the mean, and a further column says where"
