"""Data of a user's own: arrays, tables and images in files that these tests write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from architecto.problems.networks import datasets
from architecto.problems.networks.datasets import DatasetError, store, tables
from architecto.testing import DatasetTests


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("ARCHITECTO_DATA", str(folder))
    return folder


def line(spec: str, **options: Any) -> str:
    """The error of a spec, which is one line."""
    with pytest.raises(DatasetError) as caught:
        datasets.create(spec, options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ------------------------------------------------------------------------------------- arrays


def arrays(path: Path, **given: Any) -> str:
    np.savez(path / "my.npz", **given)
    return f"npz:{path}/my.npz"


RANDOM = np.random.RandomState(0)
LABELS = np.arange(60) % 3


@pytest.mark.parametrize(
    ("X", "y", "kind", "shape", "task", "classes"),
    [
        (RANDOM.rand(60, 5), LABELS, "features", (5,), "classification", 3),
        (RANDOM.rand(60, 5), LABELS * 2 - 1, "features", (5,), "classification", 3),
        (RANDOM.rand(60, 2, 9), np.array(["a", "b"] * 30), "series", (2, 9), "classification", 2),
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
    data = datasets.load(spec)
    assert data.info.class_names == ("a", "z")
    assert data.train_targets.bincount().tolist() == [48, 12]
    assert data.test_targets.bincount().tolist() == [16, 4]
    assert data.balanced_weights().tolist() == pytest.approx([60 / 96, 60 / 24])


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


# ------------------------------------------------------------------------------------- tables


def table(rows: int = 100) -> pd.DataFrame:
    random = np.random.RandomState(1)
    frame = pd.DataFrame(
        {
            "who": [f"person {row}" for row in range(rows)],
            "age": random.randint(20, 80, rows).astype(float),
            "city": random.choice(["Basel", "Bern", "Thun"], rows),
            "since": pd.date_range("2020-01-01", periods=rows).astype(str),
            "same": 1,
        }
    )
    frame["price"] = frame.age * 2.5 + 10 * (frame.city == "Bern")
    frame["dear"] = np.where(frame.price > 125, "yes", "no")
    frame.loc[5, "age"] = np.nan
    frame.loc[7, "city"] = None
    return frame


def csv(path: Path, frame: pd.DataFrame, **more: Any) -> str:
    frame.to_csv(path / "my.csv", index=False, **more)
    return f"csv:{path}/my.csv"


def test_a_table_of_numbers_and_categories(tmp_path: Path) -> None:
    spec = csv(tmp_path, table())
    data = datasets.load(spec, options={"target": "price"})
    info = data.info
    assert (info.input_kind, info.task_kind, info.class_names) == (
        "table",
        "regression",
        ("price",),
    )
    numbers, categories, values = info.input_shape
    assert (numbers, categories, values) == (3, 2, 4 + 3)  # age, since, age is missing; city, dear
    assert data.train_inputs.shape == (60, 5) and len(data.mean) == 3
    codes = torch.cat([data.train_inputs, data.validation_inputs, data.test_inputs])[:, 3:]
    assert set(codes[:, 0].tolist()) == {0, 1, 2, 3} and set(codes[:, 1].tolist()) == {5, 6}
    assert bool(data.train_inputs.isfinite().all())
    told = " ".join(info.notes)
    assert "who: left out" in told and "same: left out" in told
    assert "age: number, scaled; 1 missing become the mean, and a further column says where" in told
    assert "since: date as days" in told
    assert json.loads(json.dumps(info.preprocessing)) == info.preprocessing


def test_rows_to_come_are_encoded_as_those_learned_from(tmp_path: Path) -> None:
    info = datasets.create(csv(tmp_path, table()), {"target": "price"})
    rows = pd.DataFrame(
        {"age": [30, None], "city": ["Bern", "Genf"], "since": ["1970-01-11", None], "dear": "no"}
    )
    found = tables.encode(rows, info.preprocessing["columns"])
    assert found[0].tolist() == [30, 10, 0, 2, 5]
    assert np.isnan(found[1, :2]).all() and found[1, 2:].tolist() == [1, 0, 5]


def test_what_is_predicted_tells_the_task(tmp_path: Path) -> None:
    frame = table()
    frame["rooms"], frame["plot"] = np.arange(100) % 4, np.arange(100) * 7
    frame["garden"] = np.arange(100) % 2
    spec = csv(tmp_path, frame)

    def task(target: str, **more: str) -> tuple[str, int]:
        found = datasets.create(spec, {"target": target, **more})
        return found.task_kind, found.classes

    assert task("dear") == ("classification", 2)
    assert task("rooms") == ("classification", 4)
    assert task("rooms", metric="r2") == ("regression", 1)
    assert task("plot") == ("regression", 1)
    assert task("price, plot") == ("regression", 2)
    frame["pool"] = 1 - frame.garden
    assert datasets.create(csv(tmp_path, frame), {"target": "garden,pool"}).task_kind == (
        "multi-label"
    )


def test_a_table_without_categories_is_features(tmp_path: Path) -> None:
    info = datasets.create(csv(tmp_path, table()[["age", "price", "dear"]]), {"target": "dear"})
    assert (info.input_kind, info.input_shape, info.task_kind) == (
        "features",
        (3,),
        "classification",
    )


def test_semicolons_and_parquet(tmp_path: Path) -> None:
    frame = table()
    of_commas = datasets.load(csv(tmp_path, frame), options={"target": "price"})
    of_semicolons = datasets.load(csv(tmp_path, frame, sep=";"), options={"target": "price"})
    frame.to_parquet(tmp_path / "my.parquet")
    of_parquet = datasets.load(f"parquet:{tmp_path}/my.parquet", options={"target": "price"})
    for other in (of_semicolons, of_parquet):
        assert torch.equal(other.train_inputs, of_commas.train_inputs)
        assert torch.equal(other.test_targets, of_commas.test_targets)


def test_bad_tables_are_one_line(tmp_path: Path) -> None:
    spec = csv(tmp_path, table())
    assert "--target is missing, the column to predict: who, age, city, since" in line(spec)
    assert "no column 'prize', expected price, who, age" in line(spec, target="prize")
    assert "row 6: age is missing" in line(spec, target="age")
    assert "row 8: city is missing" in line(spec, target="city")
    assert "same is 1 in every row" in line(spec, target="same")
    assert "who has 100 classes" in line(spec, target="who")
    assert "--image-size has no meaning for" in line(spec, target="price", image_size=3)
    frame = table()
    frame.loc[11, "age"] = np.inf
    assert "row 12: age is inf" in line(csv(tmp_path, frame), target="price")
    assert "row 12: age is inf" in line(csv(tmp_path, frame.fillna(1)), target="age")
    assert "no column is left" in line(csv(tmp_path, frame[["price"]]), target="price")
    assert "the table has no rows" in line(csv(tmp_path, frame.head(0)), target="price")
    assert "no such file" in line(f"csv:{tmp_path}/none.csv", target="price")
    (tmp_path / "my.csv").touch()
    (tmp_path / "my.csv").write_text("")
    assert line(f"csv:{tmp_path}/my.csv", target="price").endswith("the file is empty")
    (tmp_path / "my.csv").write_text('a,b\n1,"2\n3,4\n')
    assert "cannot read it" in line(f"csv:{tmp_path}/my.csv", target="b")
    (tmp_path / "my.parquet").write_text("nothing")
    assert "cannot read it" in line(f"parquet:{tmp_path}/my.parquet", target="b")


# ------------------------------------------------------------------------------------- images


def draw(file: Path, colour: Any, mode: str = "L", size: tuple[int, int] = (6, 4)) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(file)


def pictures(root: Path, count: int = 10, **how: Any) -> str:
    for row in range(count):
        draw(root / "dark" / f"{row}.png", 10 + row, **how)
        draw(root / "light" / "deep" / f"{row}.PNG", 200 + row, **how)
    return f"folder:{root}"


def test_folders_of_images(tmp_path: Path) -> None:
    data = datasets.load(pictures(tmp_path / "my"))
    info = data.info
    assert (info.input_shape, info.class_names) == ((1, 4, 6), ("dark", "light"))
    assert info.task == "categorize 4x6x1 images of my into 2 categories"
    assert [len(t) for t in (data.train_targets, data.validation_targets, data.test_targets)] == [
        12,
        4,
        4,
    ]
    pixels = data.train_inputs * data.deviation[0] + data.mean[0]
    light = pixels[data.train_targets == 1]
    assert float(light.min()) >= 200 / 255 - 1e-5 and float(light.max()) <= 210 / 255


def test_images_are_brought_to_a_size_and_keep_their_colour(tmp_path: Path) -> None:
    spec = pictures(tmp_path)
    draw(tmp_path / "dark" / "more.jpg", (200, 0, 0), "RGB", (9, 5))
    assert "images are of different sizes, 6x4 (0.png), 9x5 (more.jpg): give --image-size N" in (
        line(spec)
    )
    assert datasets.create(spec, {"image_size": 8}).input_shape == (3, 8, 8)


def test_parts_that_stand_above_the_classes(tmp_path: Path) -> None:
    for part, count in (("train", 12), ("val", 2), ("test", 3)):
        pictures(tmp_path / part, count)

    def rows() -> list[int]:
        data = datasets.load(f"folder:{tmp_path}")
        return [len(t) for t in (data.train_targets, data.validation_targets, data.test_targets)]

    assert rows() == [24, 4, 6]
    (tmp_path / "val").rename(tmp_path / "train.val")
    assert rows() == [18, 6, 6]
    (tmp_path / "test").rename(tmp_path / "valid")
    assert rows() == [18, 6, 6]


def test_16_bits_are_grey(tmp_path: Path) -> None:
    for row in range(10):
        for name, value in (("a", 0), ("b", 65535)):
            (tmp_path / name).mkdir(exist_ok=True)
            values = np.full((4, 4), value, np.uint16)
            Image.fromarray(values).save(tmp_path / name / f"{row}.png")
    data = datasets.load(f"folder:{tmp_path}")
    assert data.info.input_shape == (1, 4, 4) and data.mean == pytest.approx((0.5,))


def test_bad_images_are_one_line(tmp_path: Path) -> None:
    assert "no such folder" in line(f"folder:{tmp_path}/none")
    assert "has no folders, expected one for each class" in line(f"folder:{tmp_path}")
    spec = pictures(tmp_path)
    broken = tmp_path / "dark" / "3.png"
    whole = broken.read_bytes()
    broken.write_bytes(b"no image")
    assert f"cannot read {broken} (it is no image)" in line(spec)
    broken.write_bytes(whole[:-30])
    assert f"cannot read {broken} (" in line(spec)
    broken.write_bytes(whole)
    (tmp_path / "void").mkdir()
    assert f"{tmp_path / 'void'} has no image" in line(spec)
    for file in (tmp_path / "dark").iterdir():
        file.unlink()
    draw(tmp_path / "void" / "0.png", 0)
    assert f"{tmp_path / 'dark'} has no image" in line(spec)


def test_one_class_is_none(tmp_path: Path) -> None:
    draw(tmp_path / "only" / "0.png", 0)
    assert "there is one class, only" in line(f"folder:{tmp_path}")


# --------------------------------------------------------------------------- kept and shared


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


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ARCHITECTO_DATA", str(tmp_path / "file"))
    spec = arrays(tmp_path, X=RANDOM.rand(60, 5), y=LABELS)
    assert "ARCHITECTO_DATA names another folder" in line(spec)


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


# ------------------------------------------------------------------------------ of a notebook


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


# ---------------------------------------------------------------------------- the kit and CLI


@pytest.fixture(scope="class")
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    request.cls.dataset = csv(tmp_path_factory.mktemp("mine"), table())


@pytest.mark.usefixtures("written")
class TestTable(DatasetTests):
    options = {"target": "price"}  # noqa: RUF012


def test_describe_data_says_what_will_be_done(tmp_path: Path, run_architecto: Callable) -> None:
    spec = csv(tmp_path, table())
    told = run_architecto("describe-data", spec, "--target", "price")
    assert told.returncode == 0, told.stderr
    heads = {text[:12].strip(): text[13:] for text in reversed(told.stdout.splitlines())}
    assert heads["task"] == "predict a number from 3 numbers and 2 categories (7 values) of my"
    assert heads["input"].endswith("(--input table:3,2,7)")
    assert heads["rows"] == "60 train, 20 validation, 20 test"
    assert heads["balance"].startswith("price from ")
    assert heads["metric"] == "r2 of the validation part (others: mae, mse)"
    assert "city: category, 3 values embedded (Basel, Bern, Thun)" in told.stdout
    wrong = run_architecto("describe-data", spec)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("architecto describe-data: csv:") and "who" in wrong.stderr


def test_describing_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from architecto import cli; status = cli.main(sys.argv[1:]); "
        "sys.exit(status or 'torch' in sys.modules)"
    )
    for words in (["digits"], [csv(tmp_path, table()), "--target", "dear"], [pictures(tmp_path)]):
        done = subprocess.run(
            [sys.executable, "-c", code, "describe-data", *words], capture_output=True
        )
        assert done.returncode == 0, done.stderr
