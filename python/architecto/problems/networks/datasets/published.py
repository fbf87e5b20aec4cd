"""Data sets that were published as a training and a test part, in files of their own."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from architecto.problems.networks.datasets import files, store
from architecto.problems.networks.datasets.base import (
    Arrays,
    BaseDataset,
    DatasetUnavailable,
    Splits,
    hold_out,
)
from architecto.problems.networks.datasets.files import Source

VALIDATION = 500
"""Of the published training images so many of every class are validation images."""


class PublishedDataset(BaseDataset):
    """The test images are the published ones. `source`: where the files come from."""

    source: Source

    def ensure_available(self, folder: Path) -> None:
        files.fetch(self.name, self.source, folder)

    def key(self, folder: Path) -> str | None:
        place = self.source.locate(folder)
        if place is None:
            return None
        both = [place / f"{file}{end}" for file in self.source.files for end in ("", ".gz")]
        return store.key([file for file in both if file.is_file()], self.name)

    def read(self, folder: Path) -> Splits:
        place = self.source.locate(folder)
        if place is None:
            raise DatasetUnavailable(f"the files of data set {self.name} are gone from {folder}")
        try:
            published, test = self.read_files(place)
        except (OSError, EOFError, ValueError, RuntimeError) as error:
            raise DatasetUnavailable(
                f"the files of data set {self.name} in {place} are damaged "
                f"({files.last_line(error)}); delete them and try again"
            ) from None
        train, validation = hold_out(published, [VALIDATION] * self.classes)
        return Splits(train, validation, test)

    @abstractmethod
    def read_files(self, place: Path) -> tuple[Arrays, Arrays]:
        """The published training and test parts from the files in folder `place`."""


def scaled(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Arrays:
    """Bytes as a part of a data set."""
    return images.astype(np.float32) / np.float32(255), labels.astype(np.int64)
