"""Image data sets with a fixed split into training, validation and test images.

Facts about a data set (`info`, `task`, `ensure_available`) are reachable without torch.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from architecto.problems.networks import dataset_files
from architecto.problems.networks.dataset_files import Arrays, DatasetUnavailable

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "Dataset",
    "DatasetInfo",
    "DatasetUnavailable",
    "UnknownDataset",
    "ensure_available",
    "info",
    "load",
    "task",
]

SPLIT_SEED = 0
"""Seed of every split; a split is the same in every run and for every seed of a search."""


class UnknownDataset(ValueError):
    """No data set has this name; the message lists the known ones."""


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a data set without reading it."""

    name: str
    input_shape: tuple[int, int, int]
    """Channels, height, width."""
    classes: int
    description: str
    """What the images show, in the plural."""


@dataclass(frozen=True)
class Dataset:
    """Images float32 `[n, c, h, w]`, labels int64 `[n]` in [0, classes).

    Pixels are scaled to [0, 1], then shifted and scaled per channel so that the training images
    have mean 0 and standard deviation 1.
    """

    info: DatasetInfo
    train_images: Tensor
    train_labels: Tensor
    validation_images: Tensor
    validation_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    mean: tuple[float, ...]
    """Of the training pixels in [0, 1], one a channel."""
    deviation: tuple[float, ...]
    """Standard deviation of the training pixels in [0, 1], one a channel."""


INFOS = {
    known.name: known
    for known in (
        DatasetInfo("digits", (1, 8, 8), 10, "handwritten digits"),
        DatasetInfo("fashion-mnist", (1, 28, 28), 10, "fashion articles"),
        DatasetInfo("mnist", (1, 28, 28), 10, "handwritten digits"),
        DatasetInfo("cifar10", (3, 32, 32), 10, "animals and vehicles"),
    )
}


def info(name: str) -> DatasetInfo:
    """Returns the facts about a data set; raises `UnknownDataset`."""
    if name not in INFOS:
        raise UnknownDataset(f"unknown data set {name!r}; known are {', '.join(INFOS)}")
    return INFOS[name]


def task(info: DatasetInfo) -> str:
    """The sentence that tells a scorer what the network is for (height x width x channels)."""
    channels, height, width = info.input_shape
    return (
        f"categorize {height}x{width}x{channels} images of {info.description} "
        f"into {info.classes} categories"
    )


def ensure_available(name: str, root: Path | None = None) -> None:
    """Makes sure that `load` will find its files, downloading them if need be.

    `root` replaces the data folder (see `dataset_files.data_folder`). Raises `UnknownDataset`, or
    `DatasetUnavailable` with one line that says how to get the files. Without network the attempt
    ends within seconds.
    """
    info(name)
    if name != "digits":
        dataset_files.fetch(name, root or dataset_files.data_folder())
    elif importlib.util.find_spec("sklearn") is None:
        raise DatasetUnavailable(
            "data set digits is part of scikit-learn, which is missing: pip install scikit-learn"
        )


def load(name: str, root: Path | None = None) -> Dataset:
    """Returns a data set with its fixed split; imports torch. Errors as `ensure_available`.

    digits: of every class 60 % are training, 20 % validation and 20 % test images. The others: of
    the published training images 500 of every class are validation images, the rest training
    images; the test images are the published ones.
    """
    ensure_available(name, root)
    if name == "digits":
        images, labels = _read_digits()
        rest, test = _split(labels, [round(n * 0.2) for n in np.bincount(labels)])
        test_part = images[test], labels[test]
        images, labels = images[rest], labels[rest]
        held_out = [round(n * 0.25) for n in np.bincount(labels)]
    else:
        folder = root or dataset_files.data_folder()
        (images, labels), test_part = dataset_files.read(name, folder)
        held_out = [500] * info(name).classes
    train, validation = _split(labels, held_out)
    return _normalised(
        info(name),
        (images[train], labels[train]),
        (images[validation], labels[validation]),
        test_part,
    )


def _read_digits() -> Arrays:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images[:, None].astype(np.float32) / 16  # pixels are 0 to 16
    return images, digits.target.astype(np.int64)


def _split(
    labels: NDArray[np.int64], held_out: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the rest and of those held out, `held_out[c]` drawn from each class c.

    Drawn with `RandomState`, whose stream NumPy promises never to change.
    """
    random = np.random.RandomState(SPLIT_SEED)
    chosen = np.zeros(len(labels), dtype=bool)
    for label, count in enumerate(held_out):
        members = np.flatnonzero(labels == label)
        chosen[random.permutation(members)[:count]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _normalised(info: DatasetInfo, train: Arrays, validation: Arrays, test: Arrays) -> Dataset:
    """Images float32 `[n, c, h, w]` in [0, 1]."""
    import torch

    mean = train[0].mean(axis=(0, 2, 3), dtype=np.float64)
    deviation = train[0].std(axis=(0, 2, 3), dtype=np.float64)
    shift, scale = mean.astype(np.float32), deviation.astype(np.float32)

    def tensors(part: Arrays) -> tuple[Tensor, Tensor]:
        images = (part[0] - shift[:, None, None]) / scale[:, None, None]
        return torch.from_numpy(images), torch.from_numpy(part[1])

    return Dataset(
        info,
        *tensors(train),
        *tensors(validation),
        *tensors(test),
        mean=tuple(mean.tolist()),
        deviation=tuple(deviation.tolist()),
    )
