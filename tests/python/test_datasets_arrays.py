"""npz:PATH: arrays of a user's own; what was read is kept and shared."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from data_files_for_tests import LABELS, RANDOM, arrays, csv, line, table

from architecto.problems.networks import datasets
from architecto.problems.networks.datasets import DatasetError, store

pytestmark = pytest.mark.usefixtures("data_folder")


@pytest.mark.parametrize(
    ("X", "y", "kind", "shape", "task", "classes"),
    [
        (RANDOM.rand(60, 5), LABELS, "features", (5,), "classification", 3),
        (RANDOM.rand(60, 5), LABELS * 2 - 1, "features", (5,), "classification", 3),
        (RANDOM.rand(60, 2, 9), np.array(["a", "b"] * 30), "series", (2, 9), "classification", 2),
        (np.full((60, 8, 6), 7, np.uint8), LABELS, "image", (1, 8, 6), "classification", 3),
        (RANDOM.rand(60, 3, 8, 6), LABELS == 1, "image", (3, 8, 6), "classification", 2),
        (RANDOM.rand(60, 5), RANDOM.rand(60), "features", (5,), "regression", 1),
        (RANDOM.rand(60, 5), RANDOM.rand(60, 2), "features", (5,), "regression", 2),
        (RANDOM.rand(60, 5), RANDOM.rand(60, 4) > 0.5, "features", (5,), "multi-label", 4),
        (RANDOM.rand(60, 5), np.eye(4)[:3][LABELS], "features", (5,), "multi-label", 4),
    ],
)
def test_rank_and_type_tell_input_and_task(
    tmp_path: Path, X: Any, y: Any, kind: str, shape: Any, task: str, classes: int
) -> None:
    data = datasets.load(arrays(tmp_path, X=X, y=y))
    info = data.info
    assert (info.input_kind, info.input_shape) == (kind, shape)
    assert (info.task_kind, info.classes) == (task, classes)
    assert [len(t) for t in (data.train_targets, data.validation_targets, data.test_targets)] == [
        36,
        12,
        12,
    ]
    assert data.train_inputs.dtype == torch.float32
    wanted = torch.int64 if task == "classification" else torch.float32
    assert data.train_targets.dtype == wanted


def test_classes_are_stratified_and_named(tmp_path: Path) -> None:
    spec = arrays(tmp_path, X=np.zeros((100, 2)), y=np.array(["z"] * 20 + ["a"] * 80))
    data = datasets.load(spec, options={"class_weights": "balanced"})
    assert data.info.class_names == ("a", "z") and data.info.class_weights == "balanced"
    assert data.train_targets.bincount().tolist() == [48, 12]
    assert data.test_targets.bincount().tolist() == [16, 4]


def test_a_test_part_that_is_given_is_the_test_part(tmp_path: Path) -> None:
    X, y = np.arange(80.0).reshape(40, 2), np.arange(40) % 2
    data = datasets.load(arrays(tmp_path, X=X, y=y, X_test=X[:6] + 1000, y_test=y[:6]))
    assert len(data.train_inputs) + len(data.validation_inputs) == 40
    raw = data.test_inputs * torch.tensor(data.deviation) + torch.tensor(data.mean)
    assert torch.allclose(raw, torch.tensor(X[:6] + 1000, dtype=torch.float32))


def test_a_metric_decides_what_whole_numbers_are(tmp_path: Path) -> None:
    spec = arrays(tmp_path, X=RANDOM.rand(60, 5), y=LABELS)
    assert datasets.create(spec, {"metric": "mae"}).task_kind == "regression"
    chosen = datasets.create(spec, {"metric": "balanced-accuracy"})
    assert (chosen.task_kind, chosen.metric) == ("classification", "balanced_accuracy")


def test_targets_of_a_regression_are_standardised(tmp_path: Path) -> None:
    y = RANDOM.rand(60) * 50 + 1000
    data = datasets.load(arrays(tmp_path, X=RANDOM.rand(60, 5), y=y))
    assert data.train_targets.mean().item() == pytest.approx(0, abs=1e-4)
    assert data.train_targets.std(correction=0).item() == pytest.approx(1, abs=1e-4)
    every = torch.cat([data.train_targets, data.validation_targets, data.test_targets])
    back = every * data.target_deviation[0] + data.target_mean[0]
    assert sorted(back.flatten().tolist()) == pytest.approx(sorted(y), abs=1e-2)


def test_bytes_are_pixels_and_gaps_are_means(tmp_path: Path) -> None:
    images = np.full((60, 1, 4, 4), 255, np.uint8)
    images[:, :, 0] = 0
    data = datasets.load(arrays(tmp_path, X=images, y=LABELS))
    assert data.mean == pytest.approx((0.75,))
    series = np.ones((60, 2, 5))
    series[:, 1] = np.arange(60)[:, None]
    series[:30, :, 3:] = np.nan
    data = datasets.load(arrays(tmp_path, X=series, y=LABELS))
    assert bool(data.train_inputs.isfinite().all())
    assert bool((data.train_inputs[:, 0] == 0).all())
    table = RANDOM.rand(60, 3)
    table[::7, 1] = np.nan
    info = datasets.create(arrays(tmp_path, X=table, y=LABELS))
    assert info.input_shape == (4,)  # an indicator
    assert info.preprocessing == {"indicated": [1]}
    assert "9 missing values become the mean" in info.notes[-1]


def test_tokens_have_a_vocabulary(tmp_path: Path) -> None:
    tokens = RANDOM.randint(0, 7, (60, 5))
    data = datasets.load(arrays(tmp_path, X=tokens, y=LABELS, vocabulary=7))
    assert (data.info.input_kind, data.info.input_shape) == ("tokens", (5, 7))
    assert data.train_inputs.dtype == torch.int64 and data.mean == ()
    assert "got tokens 0 to 6, expected whole numbers 0 to 4" in line(
        arrays(tmp_path, X=tokens, y=LABELS, vocabulary=5)
    )


def nan_at(row: int, values: Any, value: float = np.nan) -> Any:
    values = np.array(values, dtype=float)
    values[row] = value
    return values


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"X": np.zeros((6, 2))}, "got arrays X, expected y among them"),
        ({"X": np.zeros((60, 2)), "y": np.zeros(60, int)}, "y is 0 in every row, expected at lea"),
        ({"X": np.zeros((60, 2)), "y": np.arange(60)}, "y has 60 classes (0, 1, 2 …) in 60 rows:"),
        ({"X": np.zeros((60, 2)), "y": nan_at(4, range(60))}, "row 5: y is missing (NaN)"),
        (
            {"X": np.zeros((60, 2)), "y": nan_at(4, range(60), np.inf)},
            "row 5: y is inf, expected a finite number",
        ),
        (
            {"X": nan_at(7, np.zeros((60, 2)), -np.inf), "y": LABELS},
            "X, row 8, column 1: got -inf, expected a finite number",
        ),
        ({"X": np.zeros((60, 2), object), "y": LABELS}, "X is an array of Python objects, which"),
        ({"X": np.zeros((60, 2)), "y": np.zeros(60, object)}, "y is an array of Python objects"),
        ({"X": np.zeros((59, 2)), "y": LABELS}, "X has 59 rows, but its y has 60"),
        ({"X": np.zeros(60), "y": LABELS}, "X is of shape 60, expected [n, features], [n, chan"),
        ({"X": np.zeros((60, 8, 9, 3)), "y": LABELS}, "X.transpose(0, 3, 1, 2)"),
        (
            {"X": np.full((60, 2), 0.5), "y": LABELS, "vocabulary": 3},
            "X is of type float64, expected whole numbers",
        ),
        ({"X": np.array([["a"]] * 60), "y": LABELS}, "X is of type <U1, expected numbers"),
        ({"X": np.zeros((60, 2)), "y": LABELS, "X_test": np.zeros((3, 2))}, "expected y_test amo"),
    ],
)
def test_bad_arrays_are_one_line(tmp_path: Path, given: Any, message: str) -> None:
    found = line(arrays(tmp_path, **given))
    assert message in found and "my.npz" in found


def test_bad_files_are_one_line(tmp_path: Path) -> None:
    assert "no such file" in line(f"npz:{tmp_path}/none.npz")
    (tmp_path / "empty.npz").touch()
    assert line(f"npz:{tmp_path}/empty.npz").endswith("the file is empty")
    (tmp_path / "text.npz").write_text("nothing")
    assert "no .npz file, expected arrays X and y in one" in line(f"npz:{tmp_path}/text.npz")
    whole = Path(arrays(tmp_path, X=RANDOM.rand(600, 5), y=np.arange(600) % 2).removeprefix("npz:"))
    whole.write_bytes(whole.read_bytes()[:3000])
    assert "cannot read it" in line(f"npz:{whole}")


def test_what_was_read_is_kept_and_mapped(tmp_path: Path, data_folder: Path) -> None:
    spec = arrays(tmp_path, X=RANDOM.rand(60, 5), y=LABELS)
    first = datasets.load(spec)
    (kept,) = (data_folder / "prepared").iterdir()
    assert sorted(file.name for file in kept.iterdir())[0] == "facts.json"
    mapped = Path("/proc/self/maps")
    if mapped.exists():
        assert f"{kept}/train_inputs.npy" in mapped.read_text()
    first.train_inputs.zero_()  # a copy of this process alone
    assert bool(datasets.load(spec).train_inputs.any())
    os.utime(tmp_path / "my.npz", ns=(1, 1))
    datasets.load(spec)
    assert len(list((data_folder / "prepared").iterdir())) == 2


def test_what_nobody_used_for_long_is_removed(tmp_path: Path, data_folder: Path) -> None:
    datasets.load(arrays(tmp_path, X=RANDOM.rand(60, 5), y=LABELS))
    (kept,) = (data_folder / "prepared").iterdir()
    os.utime(kept, (1, 1))
    datasets.load(arrays(tmp_path, X=RANDOM.rand(60, 6), y=LABELS))
    assert not kept.exists()


def test_what_cannot_be_kept_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ARCHITECTO_DATA", str(tmp_path / "file"))
    assert len(datasets.load(arrays(tmp_path, X=RANDOM.rand(60, 5), y=LABELS)).test_inputs) == 12


def test_a_path_and_the_same_one_absolute_are_one(
    tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = csv(tmp_path, table())
    monkeypatch.chdir(tmp_path)
    for same in (spec, "csv:my.csv", "csv:../" + tmp_path.name + "/my.csv"):
        datasets.load(same, options={"target": "price"})
    assert len(list((data_folder / "prepared").iterdir())) == 1


def test_damage_to_what_is_kept_is_named(tmp_path: Path, data_folder: Path) -> None:
    spec = arrays(tmp_path, X=RANDOM.rand(60, 5), y=LABELS)
    name = datasets.create(spec).key(data_folder)
    assert name is not None and store.facts(data_folder, name) is not None
    (data_folder / "prepared" / name / "test_inputs.npy").write_bytes(b"nothing")
    with pytest.raises(DatasetError, match=r"is damaged .* delete that folder and try again"):
        datasets.load(spec)


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert datasets.absolute("csv:a/my.csv") == f"csv:{tmp_path}/a/my.csv"
    assert datasets.absolute("sklearn:iris") == "sklearn:iris"
    assert datasets.absolute("a.py:X") == f"{tmp_path}/a.py:X"
    assert [datasets.title(s) for s in ("csv:a/my.csv", "aeon:X", "a/b.py:C", "digits")] == [
        "my",
        "X",
        "b",
        "digits",
    ]
