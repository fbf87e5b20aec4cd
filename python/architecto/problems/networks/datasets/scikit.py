"""sklearn:NAME: the data sets that scikit-learn contains, and some that it downloads."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from architecto.problems.networks.datasets import files
from architecto.problems.networks.datasets.base import (
    BaseDataset,
    DatasetError,
    DatasetUnavailable,
    Splits,
)
from architecto.problems.networks.datasets.data_options import listed
from architecto.problems.networks.datasets.own import usual_training


@dataclass(frozen=True)
class _Set:
    """What is known of one. `url`: a file on the server that it is downloaded from."""

    function: str
    rows: int
    shape: tuple[int, ...]
    classes: int
    description: str
    task_kind: str = "classification"
    url: str | None = None
    names: tuple[str, ...] = ()


SETS = {
    "digits": _Set("load_digits", 1797, (1, 8, 8), 10, "handwritten digits"),
    "breast-cancer": _Set(
        "load_breast_cancer", 569, (30,), 2, "breast tumours", names=("malignant", "benign")
    ),
    "wine": _Set("load_wine", 178, (13,), 3, "wines", names=("class_0", "class_1", "class_2")),
    "iris": _Set("load_iris", 150, (4,), 3, "irises", names=("setosa", "versicolor", "virginica")),
    "diabetes": _Set(
        "load_diabetes", 442, (10,), 1, "people with diabetes", "regression", names=("progression",)
    ),
    "linnerud": _Set(
        "load_linnerud",
        20,
        (3,),
        3,
        "people who exercise",
        "regression",
        names=("Weight", "Waist", "Pulse"),
    ),
    "california-housing": _Set(
        "fetch_california_housing",
        20640,
        (8,),
        1,
        "districts of California",
        "regression",
        "https://ndownloader.figshare.com/files/5976036",
        ("MedHouseVal",),
    ),
    "covtype": _Set(
        "fetch_covtype",
        581012,
        (54,),
        7,
        "patches of forest",
        url="https://ndownloader.figshare.com/files/5976039",
    ),
    "olivetti-faces": _Set(
        "fetch_olivetti_faces",
        400,
        (1, 64, 64),
        40,
        "faces",
        url="https://ndownloader.figshare.com/files/5976027",
    ),
}


class ScikitDataset(BaseDataset):
    """Downloads lie where scikit-learn puts them: in ~/scikit_learn_data, or SCIKIT_LEARN_DATA."""

    def __init__(self, where: str) -> None:
        name = where.removeprefix("load_").removeprefix("fetch_").replace("_", "-")
        if name not in SETS:
            raise DatasetError(f"sklearn:{where}: no such data set, expected {listed(SETS, name)}")
        self.set = SETS[name]
        self.name = f"sklearn:{name}"
        self.input_shape, self.classes = self.set.shape, self.set.classes
        self.input_kind = "image" if len(self.set.shape) == 3 else "features"
        self.task_kind, self.description = self.set.task_kind, self.set.description
        self.class_names = self.set.names
        for fact, value in usual_training(round(self.set.rows * 0.6)).items():
            setattr(self, fact, value)
        column = "channel" if self.input_kind == "image" else "feature"
        self.notes = (f"the mean and deviation of each {column} are brought to 0 and 1",)

    def ensure_available(self, folder: Path) -> None:
        if importlib.util.find_spec("sklearn") is None:
            raise DatasetUnavailable(
                f"data set {self.name} comes with scikit-learn, which is missing: "
                "pip install scikit-learn"
            )
        if self.set.url is None or self._fetched(download=False) is not None:
            return
        problem = files._unreachable(self.set.url)
        if problem is None:
            try:
                self._fetched(download=True)
                return
            except Exception as error:  # of the network, of files, of what came
                problem = files.last_line(error)
        raise DatasetUnavailable(
            f"data set {self.name} is not on this machine and its download failed ({problem}); "
            f"where there is network: sklearn.datasets.{self.set.function}(), then copy the folder "
            "that sklearn.datasets.get_data_home() names"
        )

    def read(self, folder: Path) -> Splits:
        found = self._fetched(download=False) if self.set.url else self._loaded()
        if found is None:
            raise DatasetUnavailable(f"the files of data set {self.name} are gone")
        inputs = np.asarray(found.data, dtype=np.float32)
        if self.input_kind == "image":  # digits are 0 to 16, faces 0 to 1
            inputs = np.asarray(found.images, dtype=np.float32)[:, None]
            inputs = inputs / np.float32(16) if self.set.url is None else inputs
        if self.task_kind == "regression":
            targets = np.asarray(found.target, dtype=np.float32).reshape(len(inputs), -1)
            return Splits.of(inputs, targets)
        labels = np.asarray(found.target).astype(np.int64)
        return Splits.of(inputs, labels - labels.min())  # those of covtype begin with 1

    def _loaded(self) -> Any:
        from sklearn import datasets

        more = {"scaled": False} if self.set.function == "load_diabetes" else {}
        return getattr(datasets, self.set.function)(**more)

    def _fetched(self, *, download: bool) -> Any:
        """What scikit-learn gives; None where it has no files and must not download them."""
        from sklearn import datasets

        try:
            return getattr(datasets, self.set.function)(download_if_missing=download)
        except OSError:
            if download:
                raise
            return None
