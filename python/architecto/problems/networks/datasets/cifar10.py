"""CIFAR-10: 60,000 colour images."""

from pathlib import Path

import numpy as np

from architecto.problems.networks.datasets.base import Arrays
from architecto.problems.networks.datasets.files import Source
from architecto.problems.networks.datasets.published import PublishedDataset, scaled


class Cifar10(PublishedDataset):
    name = "cifar10"
    input_shape, classes, description = (3, 32, 32), 10, "animals and vehicles"
    epochs, batch_size, learning_rate = 6, 128, 3e-3
    source = Source(
        "CIFAR10",
        "https://www.cs.toronto.edu/~kriz/cifar.html",
        Path("cifar-10-batches-py"),
        (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"),
    )

    def read_files(self, place: Path) -> tuple[Arrays, Arrays]:
        """By torchvision, which compares the files with their published checksums first."""
        from torchvision.datasets import CIFAR10

        def read(train: bool) -> Arrays:
            part = CIFAR10(str(place.parent), train=train, download=False)
            return scaled(part.data.transpose(0, 3, 1, 2), np.asarray(part.targets, dtype=np.uint8))

        return read(True), read(False)
