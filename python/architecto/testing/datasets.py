"""The tests of a data set."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from architecto.problems.networks import datasets
from architecto.problems.networks.datasets.base import Arrays, BaseDataset, Splits, data_folder

SHARED = 0.05
"""Part of the test images that may be training images as well: doubles, but no leak."""


class DatasetTests:
    """dataset: a spec as for ``--dataset``
    folder: where its files lie; None for the usual place
    """

    dataset: str
    folder: Path | None = None

    def make(self) -> BaseDataset:
        return datasets.create(self.dataset)

    def read(self) -> Splits:
        dataset, folder = self.make(), self.folder or data_folder()
        dataset.ensure_available(folder)
        return dataset.read_checked(folder)

    def test_it_is_found_by_name_without_running_it(self) -> None:
        datasets.check(self.dataset)

    def test_its_facts_need_no_torch(self) -> None:
        code = (
            "import sys; from architecto.problems.networks import datasets; "
            f"print(datasets.create({self.dataset!r}).task); "
            "sys.exit('torch' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, self.make().task + "\n"), done.stderr

    def test_its_parts_are_as_they_should_be(self) -> None:
        self.read()

    def test_every_class_is_in_every_part(self) -> None:
        splits = self.read()
        for _, labels in (splits.train, splits.validation, splits.test):
            assert set(labels.tolist()) == set(range(self.make().classes))

    def test_the_parts_have_hardly_an_image_in_common(self) -> None:
        def images(part: Arrays) -> list[bytes]:
            return [image.tobytes() for image in part[0]]

        splits = self.read()
        for part in (splits.validation, splits.test):
            known, found = set(images(splits.train)), images(part)
            assert sum(image in known for image in found) <= SHARED * len(found)

    def test_it_is_the_same_at_every_call(self) -> None:
        first, second = self.read(), self.read()
        for part in ("train", "validation", "test"):
            for one, other in zip(getattr(first, part), getattr(second, part), strict=True):
                assert np.array_equal(one, other)

    def test_it_is_normalised_by_the_training_images(self) -> None:
        data = datasets.load(self.dataset, self.folder)
        mean = data.train_inputs.mean(dim=(0, 2, 3))
        assert float(mean.abs().max()) < 1e-3
        assert data.train_inputs.shape[1:] == self.make().input_shape
