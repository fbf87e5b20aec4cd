"""Image data sets by name, see `architecto.catalogue`: `digits`, `my_data.py:Shapes`, …

The group of entry points is `architecto.datasets`. Facts about a data set (`create`) and its files
(`BaseDataset.ensure_available`) are reachable without torch; `load` imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from architecto.catalogue import Catalogue
from architecto.problems.networks.datasets.base import (
    BaseDataset,
    DatasetError,
    DatasetUnavailable,
    Splits,
    Tensors,
    data_folder,
    normalised,
)

__all__ = [
    "CATALOGUE",
    "BaseDataset",
    "DatasetError",
    "DatasetUnavailable",
    "Splits",
    "Tensors",
    "create",
    "ensure_available",
    "load",
]

CATALOGUE = Catalogue(
    kind="data set",
    group="architecto.datasets",
    base="architecto.problems.networks.datasets.base:BaseDataset",
    registered={
        "digits": "architecto.problems.networks.datasets.digits:Digits",
        "fashion-mnist": "architecto.problems.networks.datasets.idx:FashionMnist",
        "mnist": "architecto.problems.networks.datasets.idx:Mnist",
        "cifar10": "architecto.problems.networks.datasets.cifar10:Cifar10",
    },
    error=DatasetError,
)
names = CATALOGUE.names
check = CATALOGUE.check
absolute = CATALOGUE.absolute


def create(spec: str, options: Mapping[str, Any] | None = None) -> BaseDataset:
    """The data set that `spec` names, not read yet: what is known of it without its files.

    Raises `DatasetError`. Imports no torch, unless the file of a user's data set does.
    """
    dataset: BaseDataset = CATALOGUE.create(spec)
    dataset.name = dataset.name or (
        spec if spec in CATALOGUE.names() else type(dataset).__name__.lower()
    )
    for name, value in (options or {}).items():
        setattr(dataset, name, value)
    dataset.check_facts()
    return dataset


def ensure_available(spec: str, root: Path | None = None) -> None:
    """Makes sure that `load` will find its files, downloading them if need be.

    `root` replaces the data folder (see `base.data_folder`). Raises `DatasetError`, of which
    `DatasetUnavailable` says in one line how to get the files. Without network the attempt ends
    within seconds.
    """
    create(spec).ensure_available(root or data_folder())


def load(spec: str, root: Path | None = None, options: Mapping[str, Any] | None = None) -> Tensors:
    """Returns a data set with its fixed split; imports torch. Errors as `ensure_available`."""
    dataset, folder = create(spec, options), root or data_folder()
    dataset.ensure_available(folder)
    return normalised(dataset, dataset.read_checked(folder))
