"""Data sets by what names them, see `architecto.catalogue`:

    digits                a registered name
    csv:my.csv            a file, folder or collection, see `SCHEMES`
    my_data.py:Shapes     a class in a file

The group of entry points is `architecto.datasets`. Facts about a data set (`create`) and its files
(`BaseDataset.ensure_available`) are reachable without torch; `load` imports it.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from architecto.catalogue import Catalogue
from architecto.problems.networks.datasets import data_options
from architecto.problems.networks.datasets.base import (
    BaseDataset,
    DatasetError,
    DatasetUnavailable,
    Splits,
    data_folder,
)
from architecto.problems.networks.datasets.data_options import METRICS
from architecto.problems.networks.datasets.data_options import of as options
from architecto.problems.networks.datasets.objects import from_object
from architecto.problems.networks.datasets.tensors import Tensors

__all__ = [
    "CATALOGUE",
    "METRICS",
    "SCHEMES",
    "BaseDataset",
    "DatasetError",
    "DatasetUnavailable",
    "Splits",
    "Tensors",
    "absolute",
    "check",
    "create",
    "data_folder",
    "ensure_available",
    "from_object",
    "load",
    "names",
    "options",
    "title",
]

_HERE = "architecto.problems.networks.datasets"

SCHEMES = {
    "folder": ("PATH", f"{_HERE}.folder:FolderDataset"),
    "npz": ("PATH", f"{_HERE}.arrays:ArrayDataset"),
    "csv": ("PATH", f"{_HERE}.tables:CsvDataset"),
    "parquet": ("PATH", f"{_HERE}.tables:ParquetDataset"),
    "text": ("PATH", f"{_HERE}.texts:TextDataset"),
    "sklearn": ("NAME", f"{_HERE}.scikit:ScikitDataset"),
    "torchvision": ("NAME", f"{_HERE}.vision:VisionDataset"),
    "aeon": ("NAME", f"{_HERE}.series:SeriesDataset"),
}
"""What stands before a colon: what follows it, and the class that takes that."""

CATALOGUE = Catalogue(
    kind="data set",
    group="architecto.datasets",
    base=f"{_HERE}.base:BaseDataset",
    registered={
        "digits": f"{_HERE}.digits:Digits",
        "fashion-mnist": f"{_HERE}.idx:FashionMnist",
        "mnist": f"{_HERE}.idx:Mnist",
        "cifar10": f"{_HERE}.cifar10:Cifar10",
        "words": f"{_HERE}.words:Words",
    },
    error=DatasetError,
    forms=tuple(f"{scheme}:{what}" for scheme, (what, _) in SCHEMES.items()),
)
names = CATALOGUE.names


def create(spec: str, options: Mapping[str, Any] | None = None) -> BaseDataset:
    """The data set that `spec` names, with what is known of it.

    options: see `data_options.NAMES`; those that are None are not there

    Of a user's file all is read the first time and kept, see `store`. Raises `DatasetError`.
    Imports no torch, unless the file of a user's data set does.
    """
    found = data_options.given(options or {})
    cls, where = _class_of(spec)
    taken = set(inspect.signature(cls).parameters) & found.keys()
    given = {name: found[name] for name in taken} | where
    dataset: BaseDataset = CATALOGUE.construct(cls, spec, given)
    dataset.name = dataset.name or (
        spec if spec in CATALOGUE.names() else type(dataset).__name__.lower()
    )
    dataset.check_facts()
    data_options.apply(dataset, found, taken)
    return dataset


def ensure_available(
    spec: str, root: Path | None = None, options: Mapping[str, Any] | None = None
) -> None:
    """Makes sure that `load` will find its files, downloading them if need be.

    `root` replaces the data folder (see `base.data_folder`). Raises `DatasetError`, of which
    `DatasetUnavailable` says in one line how to get the files. Without network the attempt ends
    within seconds.
    """
    create(spec, options).ensure_available(root or data_folder())


def load(spec: str, root: Path | None = None, options: Mapping[str, Any] | None = None) -> Tensors:
    """Returns a data set with its fixed split; imports torch. Errors as `ensure_available`.

    Arrays that are kept (see `BaseDataset.key`) are mapped into memory, which processes share.
    """
    from architecto.problems.networks.datasets import store

    dataset, folder = create(spec, options), root or data_folder()
    dataset.ensure_available(folder)
    return Tensors.of(dataset, store.scaled_arrays(dataset, folder))


def check(spec: str) -> None:
    """Raises `DatasetError` unless `spec` names a data set. Reads no data, runs no code of it."""
    if _scheme(spec) is None:
        CATALOGUE.check(spec)


def absolute(spec: str) -> str:
    """The same spec with a path in it made absolute, so that it holds from anywhere."""
    scheme = _scheme(spec)
    if scheme is None:
        return CATALOGUE.absolute(spec)
    if SCHEMES[scheme][0] != "PATH":
        return spec
    return f"{scheme}:{Path(spec.partition(':')[2]).expanduser().resolve()}"


def title(spec: str) -> str:
    """A short name for files that are made of it: `my` for csv:a/my.csv, iris for sklearn:iris."""
    if _scheme(spec) is not None:
        return Path(spec.partition(":")[2]).expanduser().resolve().stem or "data"
    return Path(spec.rpartition(":")[0] or spec).stem  # FILE.py:Class


def _scheme(spec: str) -> str | None:
    scheme, colon, where = spec.partition(":")
    if not colon or scheme not in SCHEMES:
        return None
    if not where:
        raise DatasetError(f"data set: got {spec!r}, expected {scheme}:{SCHEMES[scheme][0]}")
    return scheme


def _class_of(spec: str) -> tuple[Any, dict[str, str]]:
    """The class of a spec, and what stands after the colon of a scheme, as its argument."""
    scheme = _scheme(spec)
    if scheme is None:
        return CATALOGUE.load(spec), {}
    module, _, name = SCHEMES[scheme][1].partition(":")
    return getattr(importlib.import_module(module), name), {"where": spec.partition(":")[2]}
