"""The tests of a data set."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from architecto.problems.networks import datasets
from architecto.problems.networks.datasets.base import Arrays, BaseDataset, Splits, data_folder

SHARED = 0.05
"""Part of the test rows that may be training rows as well: doubles, but no leak."""


class DatasetTests:
    """dataset: a spec as for ``--dataset``
    options: what is said beside it, such as ``{"target": "price"}``
    folder: where its files lie; None for the usual place
    """

    dataset: str
    options: Mapping[str, Any] = {}
    folder: Path | None = None

    def make(self) -> BaseDataset:
        return datasets.create(self.dataset, self.options)

    def read(self) -> Splits:
        dataset, folder = self.make(), self.folder or data_folder()
        dataset.ensure_available(folder)
        return dataset.read_checked(folder)

    def test_it_is_found_by_name_without_running_it(self) -> None:
        datasets.check(self.dataset)

    def test_its_facts_need_no_torch(self) -> None:
        code = (
            "import json, sys; from architecto.problems.networks import datasets; "
            "print(datasets.create(sys.argv[1], json.loads(sys.argv[2])).task); "
            "sys.exit('torch' in sys.modules)"
        )
        command = [sys.executable, "-c", code, self.dataset, json.dumps(dict(self.options))]
        done = subprocess.run(command, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, self.make().task + "\n"), done.stderr

    def test_its_parts_are_as_they_should_be(self) -> None:
        self.read()

    def test_every_class_is_in_every_part(self) -> None:
        splits, made = self.read(), self.make()
        if made.task_kind != "classification":
            pytest.skip("it has no classes")
        for _, labels in (splits.train, splits.validation, splits.test):
            assert set(labels.tolist()) == set(range(made.classes))

    def test_the_parts_have_hardly_an_image_in_common(self) -> None:
        """Nor anything else that is an input together with its target."""

        def rows(part: Arrays) -> list[bytes]:
            return [
                one.tobytes() + np.asarray(other).tobytes()
                for one, other in zip(*part, strict=True)
            ]

        splits = self.read()
        for part in (splits.validation, splits.test):
            known, found = set(rows(splits.train)), rows(part)
            assert sum(row in known for row in found) <= SHARED * len(found)

    def test_it_is_the_same_at_every_call(self) -> None:
        first, second = self.read(), self.read()
        for part in ("train", "validation", "test"):
            for one, other in zip(getattr(first, part), getattr(second, part), strict=True):
                assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")

    def test_it_is_normalised_by_the_training_images(self) -> None:
        """By its numbers, where it has no images; what is loaded has the shapes of its facts."""
        data = datasets.load(self.dataset, self.folder, self.options)
        made = self.make()
        shape, inputs = made.input_shape, data.train_inputs
        if made.input_kind == "tokens":
            assert inputs.shape[1:] == shape[:1]
        elif made.input_kind == "table":
            assert inputs.shape[1] == shape[0] + shape[1]
            inputs = inputs[:, : shape[0]]
        else:
            assert inputs.shape[1:] == shape
        if made.input_kind != "tokens":
            axes = [axis for axis in range(inputs.ndim) if axis != 1]
            assert float(inputs.mean(dim=axes).abs().max()) < 1e-3
            assert bool(inputs.isfinite().all())
        if made.task_kind == "regression":
            assert float(data.train_targets.mean(dim=0).abs().max()) < 1e-3
