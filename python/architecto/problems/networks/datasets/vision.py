"""torchvision:NAME: the classification sets of torchvision, downloaded by it into the data folder.

Reading them imports torch, so it is done in a process of its own, once:
`python -m architecto.problems.networks.datasets.vision NAME FOLDER SIZE OUT`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from architecto.problems.networks.datasets.base import (
    Arrays,
    DatasetError,
    DatasetUnavailable,
    Splits,
    data_folder,
)
from architecto.problems.networks.datasets.data_options import listed
from architecto.problems.networks.datasets.files import _unreachable, last_line
from architecto.problems.networks.datasets.own import OwnDataset, Read

_Words = Mapping[str, Any]


def _split(train: str, *more: str) -> tuple[_Words, ...]:
    """Arguments for the training part, the validation part (where there are three) and the test."""
    return tuple({"split": name} for name in (train, *more))


_TRAIN: tuple[_Words, ...] = ({"train": True}, {"train": False})
_ALL: tuple[_Words, ...] = ({},)

SETS: dict[str, tuple[_Words, ...]] = {
    **dict.fromkeys(("CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "KMNIST", "QMNIST"), _TRAIN),
    "USPS": _TRAIN,
    "EMNIST": ({"split": "balanced", "train": True}, {"split": "balanced", "train": False}),
    **dict.fromkeys(("SVHN", "STL10", "Food101", "GTSRB", "StanfordCars"), _split("train", "test")),
    **dict.fromkeys(("DTD", "Flowers102", "FGVCAircraft"), _split("train", "val", "test")),
    **dict.fromkeys(("PCAM", "RenderedSST2"), _split("train", "val", "test")),
    "Country211": _split("train", "valid", "test"),
    "OxfordIIITPet": _split("trainval", "test"),
    "Imagenette": _split("train", "val"),
    **dict.fromkeys(("SEMEION", "SUN397", "EuroSAT", "Caltech101", "Caltech256", "FakeData"), _ALL),
}
"""Arguments of each class for the parts that it has: all in one, training and test, or training,
validation and test."""


class VisionDataset(OwnDataset):
    scheme = "torchvision"

    def __init__(self, where: str, image_size: int | None = None) -> None:
        """image_size: as for folder:PATH"""
        names = {name.lower(): name for name in SETS}
        plain = where.lower().replace("-", "").replace("_", "")
        if plain not in names:
            near = [names[name] for name in names]
            raise DatasetError(
                f"torchvision:{where}: no such classification set, expected {listed(near, where)}"
            )
        super().__init__(names[plain], image_size=image_size)

    def files(self) -> Iterable[Path]:
        return []  # what was published does not change

    def examine(self) -> Read:
        if importlib.util.find_spec("torchvision") is None:
            raise DatasetUnavailable(
                f"{self.name}: torchvision is missing: pip install torchvision"
            )
        with tempfile.TemporaryDirectory() as out:
            self._extract(Path(out))
            parts, told = _parts(Path(out), len(SETS[self.where]))
        shape = parts[0][0].shape[1:]
        if len(parts) == 3:
            splits = Splits(*parts)
        elif len(parts) == 2:
            splits = Splits.before(*parts)
        else:
            splits = Splits.of(*parts[0])
        published = ("", "; the test part is the published one")[len(parts) > 1]
        return Read(
            splits,
            {
                "input_shape": shape,
                "classes": told["classes"],
                "class_names": tuple(told["names"]),
                "description": self.where,
                "notes": (f"mean and deviation of each channel are brought to 0 and 1{published}",),
            },
        )

    def _extract(self, out: Path) -> None:
        folder, size = data_folder(), self.options["image_size"]
        words = [self.where, str(folder), str(size or 0), str(out)]
        command = [sys.executable, "-m", __name__, *words]
        ended = subprocess.run(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        if ended.returncode == 0:
            return
        lines = ended.stdout.decode(errors="replace").splitlines()
        reason = (lines or [f"status {ended.returncode}"])[-1]
        if ended.returncode == UNUSABLE:
            raise self.error(reason)
        raise DatasetUnavailable(
            f"data set {self.name} is not on this machine and its download failed ({reason}); "
            f"where there is network: torchvision.datasets.{self.where}(root, download=True), then "
            f"copy what is in root to {folder}"
        )


UNUSABLE = 3
"""Exit status where the files are there and cannot be used."""


def _parts(out: Path, count: int) -> tuple[list[Arrays], Mapping[str, Any]]:
    import numpy as np

    told = json.loads((out / "told.json").read_text())
    parts: list[Arrays] = []
    for part in range(count):
        images = np.load(out / f"images{part}.npy", allow_pickle=False)
        labels = np.load(out / f"labels{part}.npy", allow_pickle=False)
        parts.append((images.astype(np.float32) / np.float32(255), labels))
    return parts, told


def _main(name: str, folder: str, size: str, out: str) -> int:
    """Progress goes to standard error, the reason of a failure to standard output."""
    with contextlib.redirect_stdout(sys.stderr):
        try:
            datasets = _opened(name, folder)
        except Exception as error:  # of the network, of files
            problem = last_line(error)
            status = 1
        else:
            try:
                _extract(datasets, int(size), Path(out))
                return 0
            except Exception as error:  # of files that are damaged, or images that do not fit
                problem, status = last_line(error), UNUSABLE
    print(problem)
    return status


def _opened(name: str, folder: str) -> list[Any]:
    """Torchvision's objects for the parts, downloaded if need be."""
    import inspect
    import socket

    import torchvision

    socket.setdefaulttimeout(20)
    kind = getattr(torchvision.datasets, name)
    if "download" not in inspect.signature(kind).parameters:
        root = {} if name == "FakeData" else {"root": folder}
        return [kind(**root, **words) for words in SETS[name]]
    try:
        return [kind(root=folder, **words) for words in SETS[name]]
    except Exception as missing:
        urls = [v for base in kind.__mro__ for v in vars(base).values() if isinstance(v, str)]
        urls = [url for url in urls if url.startswith("http")]
        problem = _unreachable(urls[0]) if urls else None
        if problem and not problem.startswith("HTTP"):
            raise RuntimeError(problem) from missing
        Path(folder).mkdir(parents=True, exist_ok=True)
        return [kind(root=folder, download=True, **words) for words in SETS[name]]


def _extract(datasets: list[Any], size: int, out: Path) -> None:
    """Write the images of each part as bytes `[n, channels, height, width]`, and their classes."""
    import numpy as np

    from architecto.problems.networks.datasets.folder import GREY, pixels_of

    first = datasets[0][0][0]
    channels = 1 if first.mode in GREY else 3
    shape = (channels, size, size) if size else (channels, first.height, first.width)
    found = set()
    for part, dataset in enumerate(datasets):
        images = np.empty((len(dataset), *shape), dtype=np.uint8)
        labels = np.empty(len(dataset), dtype=np.int64)
        for row in range(len(dataset)):
            image, label = dataset[row]
            if not size and (image.height, image.width) != shape[1:]:
                raise ValueError("its images are of different sizes: give --image-size N")
            images[row] = np.rint(pixels_of(image, shape, fit=bool(size)) * 255)
            labels[row] = int(label)
        found |= set(labels.tolist())
        np.save(out / f"images{part}.npy", images, allow_pickle=False)
        np.save(out / f"labels{part}.npy", labels, allow_pickle=False)
    names = list(map(str, getattr(datasets[0], "classes", None) or sorted(found)))
    count = max(len(names), max(found) + 1)
    told = {"classes": count, "names": names if len(names) == count else []}
    (out / "told.json").write_text(json.dumps(told))


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:5]))
