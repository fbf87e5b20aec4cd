"""The handwritten digits that come with scikit-learn: 1,797 images."""

import importlib.util
from pathlib import Path

import numpy as np

from architecto.problems.networks.datasets.base import BaseDataset, DatasetUnavailable, Splits


class Digits(BaseDataset):
    """Of every class 60 % are training, 20 % validation and 20 % test images."""

    name = "digits"
    input_shape, classes, description = (1, 8, 8), 10, "handwritten digits"
    epochs, batch_size, learning_rate = 16, 32, 5e-3

    def ensure_available(self, folder: Path) -> None:
        if importlib.util.find_spec("sklearn") is None:
            raise DatasetUnavailable(
                "data set digits is part of scikit-learn, which is missing: "
                "pip install scikit-learn"
            )

    def read(self, folder: Path) -> Splits:
        from sklearn.datasets import load_digits

        digits = load_digits()
        images = digits.images[:, None].astype(np.float32) / 16  # pixels are 0 to 16
        return Splits.of(images, digits.target.astype(np.int64))
