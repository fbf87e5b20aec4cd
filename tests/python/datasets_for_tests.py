"""Small data sets of every kind of input and task, made by numbers from a seed."""

from pathlib import Path

import numpy as np

from architecto.problems.networks.datasets.base import BaseDataset, Splits

ROWS = 200


def drawn(seed: int = 0) -> np.random.RandomState:
    return np.random.RandomState(seed)


class Price(BaseDataset):
    """Two targets that are sums of features, far from 0 and of other sizes."""

    input_kind, input_shape, task_kind, classes = "features", (4,), "regression", 2
    description, epochs, class_names = "houses", 8, ("price", "rent")

    def read(self, folder: Path) -> Splits:
        inputs = (drawn().randn(ROWS, 4) * 10 + 3).astype(np.float32)
        targets = np.stack([inputs.sum(axis=1) + 500, inputs[:, 0] / 10], axis=1)
        return Splits.of(inputs, targets.astype(np.float32))


class Labels(BaseDataset):
    """Which features are above 0; the last label is rare."""

    input_kind, input_shape, task_kind, classes = "features", (3,), "multi-label", 3
    description, epochs, class_names = "signs", 8, ("a", "b", "c")

    def read(self, folder: Path) -> Splits:
        inputs = drawn().randn(ROWS, 3).astype(np.float32)
        return Splits.of(inputs, (inputs > [0, 0, 1]).astype(np.float32))


class Rare(BaseDataset):
    """One class of ten rows in a hundred."""

    input_kind, input_shape, classes = "features", (2,), 2
    description, epochs = "points", 4

    def read(self, folder: Path) -> Splits:
        labels = (np.arange(ROWS) % 10 == 0).astype(np.int64)
        inputs = drawn().randn(ROWS, 2).astype(np.float32) + labels[:, None]
        return Splits.of(inputs.astype(np.float32), labels)


class Waves(BaseDataset):
    """Series that rise, or fall."""

    input_kind, input_shape, classes = "series", (1, 12), 2
    description, epochs, class_names = "waves", 6, ("up", "down")

    def read(self, folder: Path) -> Splits:
        labels = np.arange(ROWS) % 2
        rise = np.linspace(0, 1, 12) * (1 - 2 * labels[:, None])
        noise = drawn().randn(ROWS, 12) * 0.1
        return Splits.of((rise + noise)[:, None].astype(np.float32), labels.astype(np.int64))


class Rows(BaseDataset):
    """A number, which may be missing, and a category that decides the class."""

    input_kind, input_shape, classes, gaps = "table", (1, 1, 4), 2, True
    description, epochs = "rows", 8

    def read(self, folder: Path) -> Splits:
        codes = drawn().randint(0, 4, ROWS)
        numbers = drawn(1).randn(ROWS) + 5
        numbers[::9] = np.nan
        inputs = np.stack([numbers, codes], axis=1).astype(np.float32)
        return Splits.of(inputs, (codes % 2).astype(np.int64))


class Counting(BaseDataset):
    """Tokens that count up to 5 and begin again; what follows the padding is not asked."""

    input_kind, input_shape, task_kind, classes = "tokens", (6, 6), "language-model", 6
    description, epochs = "counts", 8

    def read(self, folder: Path) -> Splits:
        starts = drawn().randint(0, 5, (ROWS, 1))
        inputs = (starts + np.arange(6)) % 5 + 1
        targets = (starts + np.arange(1, 7)) % 5 + 1
        inputs[:, 0] = 0
        targets[:, 0] = -100
        return Splits.of(inputs.astype(np.int64), targets.astype(np.int64))


class Faces(BaseDataset):
    """Images that are bright on the left, or on the right."""

    input_shape, classes, description, epochs = (1, 8, 8), 2, "faces", 4

    def read(self, folder: Path) -> Splits:
        labels = np.arange(ROWS) % 2
        images = drawn().rand(ROWS, 1, 8, 8) * 0.2
        for side in (0, 1):
            images[labels == side, :, :, 4 * side : 4 * side + 4] += 0.6
        return Splits.of(images.astype(np.float32), labels.astype(np.int64))


class Odd(Rare):
    """33 rows of training: with 32 a batch, one would be alone."""

    def read(self, folder: Path) -> Splits:
        labels = np.arange(55) % 2
        inputs = drawn().randn(55, 2).astype(np.float32)
        train = (inputs[:33], labels[:33])
        return Splits(train, (inputs[33:44], labels[33:44]), (inputs[44:], labels[44:]))
