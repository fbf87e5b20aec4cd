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
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from architecto.catalogue import CatalogueError
from architecto.printing import one_line

if TYPE_CHECKING:  # names are told without NumPy, which takes a moment to load
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

SPLIT_SEED = 0
"""Seed of every split; a split is the same in every run and for every seed of a search."""

Arrays: TypeAlias = "tuple[NDArray[np.float32], NDArray[np.int64]]"
"""Images `[n, c, h, w]` with pixels in [0, 1], and labels `[n]`."""


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
    def of(cls, images: NDArray[np.float32], labels: NDArray[np.int64]) -> Splits:
        """Of every class 60 % are training, 20 % validation and 20 % test images."""
        import numpy as np

        rest, test = hold_out((images, labels), [round(n * 0.2) for n in np.bincount(labels)])
        train, validation = hold_out(rest, [round(n * 0.25) for n in np.bincount(rest[1])])
        return cls(train, validation, test)


class BaseDataset(ABC):
    """Images to sort into classes. Its facts are class attributes and need no files and no torch.

    name: shown in messages; the registered name, or the class's in small letters, where a subclass
        gives none
    input_shape: channels, height, width
    description: what the images show, in the plural
    epochs, batch_size, learning_rate: of a training that suits it, the last the highest of a cycle
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
    metric: str = ""
    class_weights: str = "none"
    class_names: tuple[str, ...] = ()
    preprocessing: Mapping[str, Any] = {}  # noqa: RUF012

    @property
    def task(self) -> str:
        """The sentence that tells a scorer what the network is for (height x width x channels)."""
        channels, height, width = self.input_shape
        return (
            f"categorize {height}x{width}x{channels} images of {self.description} "
            f"into {self.classes} categories"
        )

    def ensure_available(self, folder: Path) -> None:  # noqa: B027 (most have nothing to do)
        """Makes sure that `read` will find what it needs, downloading it into `folder` if need be.

        Raises `DatasetUnavailable`. Imports no torch.
        """

    @abstractmethod
    def read(self, folder: Path) -> Splits:
        """The images and labels, the same at every call; `folder` is where data sets lie."""

    def check_facts(self) -> None:
        """Raises DatasetError unless the facts can be used."""
        shape = getattr(self, "input_shape", None)
        if not (isinstance(shape, tuple) and len(shape) == 3 and all(map(_is_count, shape))):
            expected = "(channels, height, width), whole numbers from 1 on"
            raise DatasetError(f"data set {self.name}: input_shape is {shape}, expected {expected}")
        classes = getattr(self, "classes", None)
        if not _is_count(classes) or classes == 1:
            expected = "a whole number from 2 on"
            raise DatasetError(f"data set {self.name}: classes is {classes}, expected {expected}")
        described = getattr(self, "description", None)
        if not (isinstance(described, str) and described.isprintable() and described):
            expected = "a few words in one line"
            raise DatasetError(
                f"data set {self.name}: description is {described!r}, expected {expected}"
            )

    def read_checked(self, folder: Path) -> Splits:
        """What `read` gives; raises DatasetError unless it is what it should be."""
        try:
            splits = self.read(folder)
        except CatalogueError:
            raise
        except Exception as error:
            raise DatasetError(f"data set {self.name}: read() raised {one_line(error)}") from error
        if not isinstance(splits, Splits):
            got = type(splits).__name__
            raise DatasetError(f"data set {self.name}: read() gave {got}, expected Splits")
        for part in fields(Splits):
            wrong = self._wrong(*getattr(splits, part.name))
            if wrong:
                raise DatasetError(f"data set {self.name}, {part.name} part: {wrong}")
        return splits

    def _wrong(self, images: object, labels: object) -> str | None:
        """What is wrong with a part, in a few words."""
        import numpy as np

        if not (isinstance(images, np.ndarray) and images.dtype == np.float32):
            return f"got images of {_kind(images)}, expected a NumPy array of float32"
        if not (isinstance(labels, np.ndarray) and labels.dtype == np.int64):
            return f"got labels of {_kind(labels)}, expected a NumPy array of int64"
        if images.shape[1:] != self.input_shape or len(images) == 0:
            shape = "x".join(map(str, self.input_shape))
            got = "x".join(map(str, images.shape))
            return f"got images of shape {got}, expected nx{shape} with n from 1 on"
        if labels.shape != (len(images),):
            return f"got {labels.size} labels for {len(images)} images"
        if not (labels.min() >= 0 and labels.max() < self.classes):
            return f"got labels {labels.min()} to {labels.max()}, expected 0 to {self.classes - 1}"
        if not (images.min() >= 0 and images.max() <= 1):
            return f"got pixels {images.min()} to {images.max()}, expected 0 to 1"
        return None


@dataclass(frozen=True)
class Tensors:
    """A data set that was read: images float32 `[n, c, h, w]`, labels int64 `[n]` in [0, classes).

    Pixels are scaled to [0, 1], then shifted and scaled per channel so that the training images
    have mean 0 and standard deviation 1.
    """

    info: BaseDataset
    train_inputs: Tensor
    train_targets: Tensor
    validation_inputs: Tensor
    validation_targets: Tensor
    test_inputs: Tensor
    test_targets: Tensor
    mean: tuple[float, ...]
    """Of the training pixels in [0, 1], one a channel."""
    deviation: tuple[float, ...]
    """Standard deviation of the training pixels in [0, 1], one a channel; 1 where it is 0."""
    target_mean: tuple[float, ...] = ()
    target_deviation: tuple[float, ...] = ()


def hold_out(part: Arrays, counts: list[int]) -> tuple[Arrays, Arrays]:
    """The rest of a part and what is held out of it, `counts[c]` drawn from each class c.

    Drawn with `RandomState`, whose stream NumPy promises never to change.
    """
    import numpy as np

    images, labels = part
    random = np.random.RandomState(SPLIT_SEED)
    chosen = np.zeros(len(labels), dtype=bool)
    for label, count in enumerate(counts):
        members = np.flatnonzero(labels == label)
        chosen[random.permutation(members)[:count]] = True
    return (images[~chosen], labels[~chosen]), (images[chosen], labels[chosen])


def normalised(dataset: BaseDataset, splits: Splits) -> Tensors:
    """The parts as tensors, normalised by the training images; imports torch."""
    import numpy as np
    import torch

    mean = splits.train[0].mean(axis=(0, 2, 3), dtype=np.float64)
    deviation = splits.train[0].std(axis=(0, 2, 3), dtype=np.float64)
    deviation[deviation == 0] = 1.0
    shift, scale = mean.astype(np.float32), deviation.astype(np.float32)

    def tensors(part: Arrays) -> tuple[Tensor, Tensor]:
        images = (part[0] - shift[:, None, None]) / scale[:, None, None]
        return torch.from_numpy(images), torch.from_numpy(part[1])

    return Tensors(
        dataset,
        *tensors(splits.train),
        *tensors(splits.validation),
        *tensors(splits.test),
        mean=tuple(mean.tolist()),
        deviation=tuple(deviation.tolist()),
    )


def data_folder() -> Path:
    """Where downloaded data sets lie: `ARCHITECTO_DATA`, else `~/.cache/architecto`."""
    chosen = os.environ.get("ARCHITECTO_DATA")
    return Path(chosen) if chosen else Path.home() / ".cache" / "architecto"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 1


def _kind(value: object) -> str:
    return f"{type(value).__name__} of {getattr(value, 'dtype', 'no type')}"
