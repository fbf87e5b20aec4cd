"""Data of a notebook: arrays, tables and torch's data sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from data_files_for_tests import LABELS, RANDOM, table
from PIL import Image

from architecto.problems.networks import datasets
from architecto.problems.networks.datasets import DatasetError

pytestmark = pytest.mark.usefixtures("data_folder")


class Pairs(torch.utils.data.Dataset):
    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: int) -> Any:
        return self.rows[row]


def pairs(count: int, make: Callable[[int], Any]) -> Pairs:
    return Pairs([(make(row), row % 2) for row in range(count)])


@pytest.mark.parametrize(
    ("given", "kind", "shape", "rows"),
    [
        ((RANDOM.rand(60, 5), LABELS), "features", (5,), 12),
        ((torch.zeros(60, 2, 5), torch.arange(60) % 2), "series", (2, 5), 12),
        ([RANDOM.rand(60, 5).tolist(), LABELS.tolist()], "features", (5,), 12),
        ((RANDOM.rand(60, 5), ["a", "b", "c"] * 20), "features", (5,), 12),
        ((table()[["age", "price"]], table().dear), "features", (3,), 20),
        (pairs(60, lambda row: torch.full((3, 4, 4), row / 60)), "image", (3, 4, 4), 12),
        (pairs(60, lambda row: Image.new("RGB", (5, 4))), "image", (3, 4, 5), 12),
        (
            (pairs(60, lambda row: np.ones(3) * row), pairs(6, lambda row: np.ones(3))),
            "features",
            (3,),
            6,
        ),
    ],
)
def test_objects_are_written_once(
    tmp_path: Path, given: Any, kind: Any, shape: Any, rows: Any
) -> None:
    data = datasets.load(datasets.from_object(given, tmp_path / "run"))
    assert (data.info.input_kind, data.info.input_shape) == (kind, shape)
    assert len(data.test_inputs) == rows


def test_a_table_of_pandas_is_a_table(tmp_path: Path) -> None:
    spec = datasets.from_object(table(), tmp_path)
    assert datasets.create(spec, {"target": "price"}).input_kind == "table"
    assert datasets.from_object("digits", tmp_path) == "digits"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Pairs([]), "dataset: it has no rows"),
        (3, "got int, expected a spec, (X, y), a pandas table, a torch Dataset, or a pair"),
        ((RANDOM.rand(6, 5), [object()] * 6), "y is object, expected an array of numbers"),
        ((table(), table().dear), "column 'who' of X has no numbers; give the whole table"),
        (pairs(9, lambda row: torch.zeros(row + 1)), "row 2 is of shape (2,), the rows before are"),
        (Pairs([(np.ones(2), 0), (np.ones(2),)]), "row 2: ValueError: not enough values"),
    ],
)
def test_bad_objects_are_one_line(tmp_path: Path, given: Any, message: str) -> None:
    with pytest.raises(DatasetError) as caught:
        datasets.from_object(given, tmp_path)
    assert message in str(caught.value) and "\n" not in str(caught.value)
