"""aeon:NAME: the time series that come with the packages aeon and sktime, in files of format .ts.

Neither package is imported: their files are found and read here. Each has a published training and
test part. Series of different lengths are padded at the end; what is padded or missing becomes the
mean of its channel.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.problems.networks.datasets.base import DatasetUnavailable, Splits, data_folder
from architecto.problems.networks.datasets.data_options import listed
from architecto.problems.networks.datasets.own import OwnDataset, Read

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGES = ("aeon", "sktime")


class SeriesDataset(OwnDataset):
    """Also those whose files NAME/NAME_TRAIN.ts and NAME/NAME_TEST.ts lie in the folder `aeon` of
    the data folder, such as others of timeseriesclassification.com."""

    scheme = "aeon"
    gaps = True

    def __init__(self, where: str) -> None:
        super().__init__(where)

    def files(self) -> Iterable[Path]:
        places = _places()
        for place in places:
            found = [place / self.where / f"{self.where}_{part}.ts" for part in ("TRAIN", "TEST")]
            if all(file.is_file() for file in found):
                return found
        if len(places) == 1:
            raise DatasetUnavailable(
                f"{self.name}: neither aeon nor sktime is installed, which bring the files: "
                "pip install 'architecto[series]'"
            )
        raise DatasetUnavailable(
            f"{self.name}: no such series here, expected {listed(_there(places), self.where)}; "
            f"put others into {places[-1] / self.where}"
        )

    def examine(self) -> Read:
        import numpy as np

        (train, train_told), (test, test_told) = (self._read(file) for file in self.files())
        if train_told is None or test_told is None:
            raise self.error("its series have no classes, expected @classLabel true")
        channels, length = len(train[0]), max(len(c) for s in [*train, *test] for c in s)
        names = sorted(set(train_told))
        places = {name: place for place, name in enumerate(names)}

        def part(series: list[list[NDArray[Any]]], told: list[str]) -> Any:
            values = np.full((len(series), channels, length), np.nan, dtype=np.float32)
            for row, one in enumerate(series):
                for channel, numbers in enumerate(one):
                    values[row, channel, : len(numbers)] = numbers
            return values, np.array([places[label] for label in told], dtype=np.int64)

        shortest = min(len(c) for s in [*train, *test] for c in s)
        notes = ["mean and deviation of each channel are brought to 0 and 1"]
        if shortest < length:
            notes.append(f"lengths {shortest} to {length} are padded to {length} with the mean")
        return Read(
            Splits.before(part(train, train_told), part(test, test_told)),
            {
                "input_kind": "series",
                "input_shape": (channels, length),
                "classes": len(names),
                "class_names": tuple(names),
                "description": self.where,
                "notes": (*notes, "the test part is the published one"),
            },
        )

    def _read(self, file: Path) -> tuple[list[list[NDArray[Any]]], list[str] | None]:
        """The series of a file, each a list of channels, and their classes.

        A line is a series: channels with colons between, numbers with commas, `?` where one is
        missing, and at last the class.
        """
        import numpy as np

        series: list[list[NDArray[Any]]] = []
        labels: list[str] | None = None
        begun = False
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if not begun:
                words = line.lower().split()
                begun = words[0] == "@data"
                if words[:2] == ["@classlabel", "true"]:
                    labels = []
                if words[:2] == ["@timestamps", "true"]:
                    raise self.error(f"{file.name} has time stamps, which are not read")
                continue
            fields = line.split(":")
            if labels is not None:
                labels.append(fields.pop().strip())
            try:
                series.append(
                    [
                        np.array([np.nan if n.strip() == "?" else float(n) for n in f.split(",")])
                        for f in fields
                    ]
                )
            except ValueError as error:
                raise self.error(f"{file.name}, line {number}: {error}") from None
            if len(series[-1]) != len(series[0]):
                raise self.error(
                    f"{file.name}, line {number}: got {len(series[-1])} channels, expected "
                    f"{len(series[0])}"
                )
        if not series:
            raise self.error(f"{file.name} has no series")
        return series, labels


def _places() -> list[Path]:
    """Folders that hold a folder for each set."""
    found = []
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for place in (spec and spec.submodule_search_locations) or ():
            found.append(Path(place, "datasets", "data"))
    return [*found, data_folder() / "aeon"]


def _there(places: Iterable[Path]) -> list[str]:
    return sorted(
        {
            file.parent.name
            for place in places
            if place.is_dir()
            for file in place.glob("*/*_TEST.ts")
            if file.name == f"{file.parent.name}_TEST.ts"
        }
    )
