"""MNIST and Fashion-MNIST: 70,000 images each, in files of the IDX format."""

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from architecto.problems.networks.datasets.base import Arrays
from architecto.problems.networks.datasets.files import Source
from architecto.problems.networks.datasets.published import PublishedDataset, scaled

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


class IdxDataset(PublishedDataset):
    """Grey images of 28x28 pixels."""

    input_shape, classes = (1, 28, 28), 10
    epochs, batch_size, learning_rate = 3, 128, 3e-3

    def read_files(self, place: Path) -> tuple[Arrays, Arrays]:
        train_images, train_labels, test_images, test_labels = (
            _read(place / file) for file in FILES
        )
        return scaled(train_images[:, None], train_labels), scaled(
            test_images[:, None], test_labels
        )


class Mnist(IdxDataset):
    name = "mnist"
    description = "handwritten digits"
    source = Source(
        "MNIST",
        "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz",
        Path("MNIST/raw"),
        FILES,
    )


class FashionMnist(IdxDataset):
    name = "fashion-mnist"
    description = "fashion articles"
    source = Source(
        "FashionMNIST",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz",
        Path("FashionMNIST/raw"),
        FILES,
        "dataset-fashion-mnist",
        Path("/usr/share/datasets/fashion-mnist"),
    )


def _read(path: Path) -> NDArray[np.uint8]:
    """Reads a file of bytes in the IDX format, plain or as `path`.gz.

    Two zero bytes, the type (8: unsigned bytes), the number of dimensions, their sizes as
    big-endian 32-bit integers, then the values (http://yann.lecun.com/exdb/mnist/).
    """
    packed = path.with_name(f"{path.name}.gz")
    data = path.read_bytes() if path.is_file() else gzip.decompress(packed.read_bytes())
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} is no IDX file of bytes")
    dimensions = data[3]
    shape = np.frombuffer(data, dtype=">u4", count=dimensions, offset=4)
    values = np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * dimensions)
    return values.reshape(shape.tolist())
