"""Finds, downloads and reads the files of data sets that no Python package contains.

Files are looked for in the data folder, then where Debian's packages put them; only then they are
downloaded, by torchvision, into the data folder. Nothing here imports torch, save the download,
which is a process of its own: `python -m architecto.problems.networks.dataset_files NAME FOLDER`.
"""

import gzip
import importlib
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

PROBE_SECONDS = 4.0
"""How long the server of a data set may take to answer before a download counts as impossible."""

DOWNLOAD_SECONDS = 1800.0
"""How long a whole download may take."""

Arrays: TypeAlias = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Images `[n, c, h, w]` with pixels in [0, 1], and labels `[n]`."""


class DatasetUnavailable(RuntimeError):
    """The data set's files are missing or damaged; the message is one line on what to do."""


@dataclass(frozen=True)
class Source:
    """Where a data set comes from."""

    torchvision_class: str
    url: str
    """A small file on the server that torchvision downloads from; it must answer first."""
    debian_package: str | None = None
    debian_folder: Path | None = None

    def folders(self, data_folder: Path) -> list[Path]:
        """Where the files may lie, in the order of the search."""
        if self.torchvision_class == "CIFAR10":
            return [data_folder / "cifar-10-batches-py"]
        own = [data_folder / self.torchvision_class / "raw"]
        return own + ([self.debian_folder] if self.debian_folder else [])


SOURCES = {
    "fashion-mnist": Source(
        "FashionMNIST",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz",
        "dataset-fashion-mnist",
        Path("/usr/share/datasets/fashion-mnist"),
    ),
    "mnist": Source(
        "MNIST", "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz"
    ),
    "cifar10": Source("CIFAR10", "https://www.cs.toronto.edu/~kriz/cifar.html"),
}

_IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_CIFAR10_FILES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def data_folder() -> Path:
    """Where downloaded data sets lie: `ARCHITECTO_DATA`, else `~/.cache/architecto`."""
    chosen = os.environ.get("ARCHITECTO_DATA")
    return Path(chosen) if chosen else Path.home() / ".cache" / "architecto"


def fetch(name: str, folder: Path) -> None:
    """Makes sure that the files of data set `name` are on this machine.

    Raises `DatasetUnavailable` if they are not and cannot be downloaded into `folder`.
    """
    if _locate(name, folder) is not None:
        return
    source = SOURCES[name]
    problem = _unreachable(source.url) or _download(name, folder)
    if _locate(name, folder) is not None:
        return
    package = source.debian_package
    raise DatasetUnavailable(
        f"data set {name} is not on this machine and its download failed ({problem}); "
        + (f"run `apt-get install {package}`, or " if package else "")
        + f"put its files in {source.folders(folder)[0]}"
    )


def read(name: str, folder: Path) -> tuple[Arrays, Arrays]:
    """Returns the published training and test parts; `fetch` must have succeeded."""
    place = _locate(name, folder)
    if place is None:
        raise DatasetUnavailable(f"the files of data set {name} are gone from {folder}")
    try:
        if name == "cifar10":
            return _read_cifar10(place.parent, train=True), _read_cifar10(place.parent, train=False)
        parts = [_read_idx(place / file) for file in _IDX_FILES]
        train_images, train_labels, test_images, test_labels = parts
        return _as_arrays(train_images[:, None], train_labels), _as_arrays(
            test_images[:, None], test_labels
        )
    except (OSError, EOFError, ValueError, RuntimeError) as error:
        raise DatasetUnavailable(
            f"the files of data set {name} in {place} are damaged ({_line(error)}); "
            "delete them and try again"
        ) from None


def _locate(name: str, folder: Path) -> Path | None:
    """The folder that holds all files of the data set."""
    files = _CIFAR10_FILES if name == "cifar10" else _IDX_FILES
    for place in SOURCES[name].folders(folder):
        if all((place / file).is_file() or (place / f"{file}.gz").is_file() for file in files):
            return place
    return None


def _as_arrays(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Arrays:
    return images.astype(np.float32) / np.float32(255), labels.astype(np.int64)


def _read_idx(path: Path) -> NDArray[np.uint8]:
    """Reads a file of bytes in the IDX format, plain or as `path`.gz.

    Two zero bytes, the type (8: unsigned bytes), the number of dimensions, their sizes as
    big-endian 32-bit integers, then the values (http://yann.lecun.com/exdb/mnist/).
    """
    data = path.read_bytes() if path.is_file() else gzip.decompress(_gz(path).read_bytes())
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} is no IDX file of bytes")
    dimensions = data[3]
    shape = np.frombuffer(data, dtype=">u4", count=dimensions, offset=4)
    values = np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * dimensions)
    return values.reshape(shape.tolist())


def _gz(path: Path) -> Path:
    return path.with_name(f"{path.name}.gz")


def _read_cifar10(folder: Path, train: bool) -> Arrays:
    """By torchvision, which compares the files with their published checksums before reading."""
    from torchvision.datasets import CIFAR10

    part = CIFAR10(str(folder), train=train, download=False)
    return _as_arrays(part.data.transpose(0, 3, 1, 2), np.asarray(part.targets, dtype=np.uint8))


def _unreachable(url: str) -> str | None:
    """Why the server does not answer, or None if it does.

    In a thread, since looking up a name takes no time limit.
    """
    outcome: list[str | None] = [f"no answer within {PROBE_SECONDS:g} s"]

    def probe() -> None:
        try:
            request = urllib.request.Request(url, method="HEAD")
            with urllib.request.urlopen(request, timeout=PROBE_SECONDS):
                outcome[0] = None
        except urllib.error.HTTPError as error:
            outcome[0] = _line(error)
        except urllib.error.URLError as error:
            outcome[0] = _line(error.reason)
        except (OSError, ValueError) as error:
            outcome[0] = _line(error)

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return outcome[0]


def _download(name: str, folder: Path) -> str:
    """Downloads into `folder`; returns what went wrong, or an empty string."""
    command = [
        sys.executable,
        "-m",
        "architecto.problems.networks.dataset_files",
        name,
        str(folder),
    ]
    try:
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=DOWNLOAD_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {DOWNLOAD_SECONDS:g} s"
    lines = ended.stdout.decode(errors="replace").splitlines()
    return "" if ended.returncode == 0 else (lines or [f"status {ended.returncode}"])[-1]


def _main(name: str, folder: str) -> int:
    """Progress goes to standard error, the reason of a failure to standard output."""
    try:
        torchvision = importlib.import_module("torchvision.datasets")
        getattr(torchvision, SOURCES[name].torchvision_class)(folder, download=True)
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        print(_line(error))
        return 1
    return 0


def _line(error: object) -> str:
    """The error's last line in words: torchvision puts the general remark first."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:3]))
