"""Data sets of others by name: scikit-learn's, torchvision's, series, words; and texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_datasets import write_images

from architecto.problems.networks import datasets
from architecto.problems.networks.datasets import (
    DatasetError,
    DatasetUnavailable,
    files,
    scikit,
    texts,
    words,
)
from architecto.testing import DatasetTests

pytestmark = pytest.mark.usefixtures("data_folder")


def line(spec: str, **options: Any) -> str:
    with pytest.raises(DatasetError) as caught:
        datasets.ensure_available(spec, options=options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ------------------------------------------------------------------------------- scikit-learn


@pytest.mark.parametrize("name", [n for n, told in scikit.SETS.items() if told.url is None])
def test_sets_that_scikit_learn_contains(name: str) -> None:
    data = datasets.load(f"sklearn:{name}")
    told, info = scikit.SETS[name], data.info
    assert data.train_inputs.shape[1:] == info.input_shape == told.shape
    parts = (data.train_targets, data.validation_targets, data.test_targets)
    assert sum(map(len, parts)) == told.rows
    assert [round(len(part) / told.rows, 1) for part in parts] == [0.6, 0.2, 0.2]


def test_scikit_learns_digits_are_ours() -> None:
    ours, theirs = datasets.load("digits"), datasets.load("sklearn:load_digits")
    assert torch.equal(ours.train_inputs, theirs.train_inputs)
    assert torch.equal(ours.test_targets, theirs.test_targets)


def test_a_set_that_scikit_learn_must_download(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    assert datasets.create("sklearn:california_housing").input_shape == (8,)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.setattr(files, "_unreachable", lambda url: "no network")
    found = line("sklearn:california-housing")
    assert "is not on this machine and its download failed (no network)" in found
    assert "sklearn.datasets.fetch_california_housing()" in found


def test_an_unknown_set_of_scikit_learn() -> None:
    assert "no such data set, expected iris, digits" in line("sklearn:irs")


class TestBreastCancer(DatasetTests):
    dataset = "sklearn:breast-cancer"


class TestDiabetes(DatasetTests):
    dataset = "sklearn:diabetes"


# -------------------------------------------------------------------------------- torchvision


def test_a_set_of_torchvision(data_folder: Path) -> None:
    write_images(data_folder / "MNIST" / "raw", packed=False)
    data = datasets.load("torchvision:mnist")
    assert (data.info.input_shape, data.info.classes) == ((1, 28, 28), 10)
    assert len(data.train_targets) == 4500 and len(data.validation_targets) == 1500
    assert data.test_targets.tolist() == list(range(10)) * 2
    images = datasets.load("mnist").test_inputs
    ours = images * data.deviation[0]  # another training part, another scale
    assert torch.allclose(ours - ours.mean(), ours - ours.mean())
    for file in (data_folder / "MNIST" / "raw").iterdir():
        file.unlink()
    assert len(datasets.load("torchvision:MNIST").test_targets) == 20  # it was prepared


def test_what_torchvision_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no such classification set, expected MNIST, QMNIST" in line("torchvision:mnst")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    found = line("torchvision:cifar-100")
    assert "data set torchvision:CIFAR100 is not on this machine and its download failed" in found
    assert "torchvision.datasets.CIFAR100(root, download=True)" in found


# ------------------------------------------------------------------------------------- series


def test_series_of_one_channel() -> None:
    data = datasets.load("aeon:ItalyPowerDemand")
    assert (data.info.input_kind, data.info.input_shape) == ("series", (1, 24))
    sizes = (len(data.train_targets), len(data.validation_targets), len(data.test_targets))
    assert sum(sizes[:2]) == 67 and sizes[2] == 1029  # as published


def test_series_of_different_lengths_are_padded() -> None:
    data = datasets.load("aeon:JapaneseVowels")
    assert (data.info.input_shape, data.info.classes) == ((12, 29), 9)
    assert bool(data.train_inputs.isfinite().all())
    assert bool((data.train_inputs[:, :, -1] == 0).all())  # none of them is so long
    assert "lengths 7 to 29 are padded to 29 with the mean" in data.info.notes


class TestSeries(DatasetTests):
    dataset = "aeon:ItalyPowerDemand"


TS = """# a comment
@problemName Mine
@classLabel true up down
@data
1,2,3:0,?,0:up
3,2:0,0:down
2,3,4:0,0,0:up
4,3:1,1:down
"""


def test_series_of_a_users_own(data_folder: Path) -> None:
    folder = data_folder / "aeon" / "Mine"
    folder.mkdir(parents=True)
    for part in ("TRAIN", "TEST"):
        (folder / f"Mine_{part}.ts").write_text(TS)
    assert "8 rows are too few: the validation part has none" in line("aeon:Mine")
    for part in ("TRAIN", "TEST"):
        (folder / f"Mine_{part}.ts").write_text(TS + "4,3:1,1:down\n4,3:1,1:up\n" * 2)
    made = datasets.create("aeon:Mine")
    assert (made.input_shape, made.class_names) == ((2, 3), ("down", "up"))
    (folder / "Mine_TEST.ts").write_text(TS + "1,x:0,0:up\n")
    assert "Mine_TEST.ts, line 9: could not convert string" in line("aeon:Mine")
    (folder / "Mine_TEST.ts").write_text(TS + "1,2:up\n")
    assert "line 9: got 1 channels, expected 2" in line("aeon:Mine")
    assert "no such series here, expected Mine, " in line("aeon:Mein")


# -------------------------------------------------------------------------------------- words


def dictionaries(folder: Path) -> None:
    random = np.random.RandomState(0)
    folder.mkdir(exist_ok=True)
    for place, (file, _) in enumerate(words.LANGUAGES.values()):
        letters = list("abcdefghijk"[place : place + 7])
        found = {"".join(random.choice(letters, 8)) for _ in range(300)}
        extra = ["shared", "it's", "WORD" + letters[0], "ab", "Straße" * (place == 2)]
        (folder / file).write_text("\n".join([*sorted(found), *extra]))


def test_words_of_five_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dictionaries(tmp_path / "dict")
    monkeypatch.setattr(words, "DICTIONARIES", tmp_path / "dict")
    data = datasets.load("words")
    assert data.info.input_shape == (16, len(words.LETTERS) + 2)
    assert data.train_inputs.dtype == torch.int64 and data.info.class_names[0] == "English"
    every = torch.cat([data.train_inputs, data.validation_inputs, data.test_inputs]).tolist()
    assert words.encode(["shared"])[0].tolist() not in every  # it is a word of two languages
    assert words.encode(["straße"])[0].tolist() in every
    assert words.encode(["aé-"])[0].tolist() == [0] * 13 + [2, 2 + words.LETTERS.index("é"), 1]


def test_without_word_lists_a_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dictionaries(tmp_path)
    monkeypatch.setattr(words, "DICTIONARIES", tmp_path)
    (tmp_path / "french").unlink()
    (tmp_path / "spanish").unlink()
    assert line("words").endswith("that are not there: apt-get install wfrench wspanish")


# -------------------------------------------------------------------------------------- texts


def test_a_text_is_cut_into_rows(tmp_path: Path) -> None:
    text = "abcdefgh" * 100
    (tmp_path / "my.txt").write_text(text)
    data = datasets.load(f"text:{tmp_path}/my.txt", options={"context": 10})
    info = data.info
    assert (info.task_kind, info.input_shape, info.classes) == ("language-model", (10, 9), 9)
    assert data.train_inputs.shape == (63, 10) and data.test_inputs.shape == (7, 10)
    assert torch.equal(data.train_inputs[:, 1:], data.train_targets[:, :-1])
    assert data.train_inputs.flatten()[:9].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 1]
    assert info.metric == "loss_reduction"
    assert info.task == "predict the next token after each of 10 tokens (9 different ones) of my"


def test_a_folder_of_texts_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.md").write_text("".join(map(chr, range(0x4E00, 0x4E00 + 300))) * 2)
    (tmp_path / "deep" / "b.txt").write_text("more " * 100)
    (tmp_path / "picture.png").write_bytes(b"\x89")
    made = datasets.create(f"text:{tmp_path}", {"context": 8})
    assert made.input_shape == (8, 257) and "2301 bytes of 2 files" in made.notes[0]
    assert texts.encode("é", "").tolist() == [196, 170] and texts.encode("ab", "bc").tolist() == [
        0,
        1,
    ]


def test_bad_texts_are_one_line(tmp_path: Path) -> None:
    assert "no such file or folder" in line(f"text:{tmp_path}/none")
    assert "no text in that folder" in line(f"text:{tmp_path}")
    file = tmp_path / "my.txt"
    file.touch()
    assert f"{file} is empty" in line(f"text:{tmp_path}")
    file.write_bytes(b"abc\xff")
    assert f"{file} is no text in UTF-8 (byte 3)" in line(f"text:{file}")
    file.write_bytes(b"a\0c")
    assert "it has a zero byte" in line(f"text:{file}")
    file.write_text("short")
    assert re.search("has 5 characters, too few for a context of 64", line(f"text:{file}"))
    assert "--context is 0, expected a whole number" in line(f"text:{file}", context=0)


# ------------------------------------------------------------------------------------ options


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("digits", {"target": "x"}, "--target has no meaning for data set digits"),
        ("digits", {"colour": "x"}, "option of a data set: got colour, expected target, image_si"),
        ("digits", {"metric": "r2"}, "--metric is r2, but data set digits is a task of classific"),
        ("digits", {"metric": "nix"}, "--metric is 'nix', expected accuracy, auc, balanced_accu"),
        ("digits", {"class_weights": "some"}, "--class-weights is 'some', expected none or bala"),
        ("sklearn:diabetes", {"class_weights": "balanced"}, "--class-weights needs classes"),
        ("cvs:my.csv", {}, "expected digits, fashion-mnist, mnist, cifar10, words, folder:PATH"),
        ("csv:", {}, "data set: got 'csv:', expected csv:PATH"),
    ],
)
def test_what_is_said_beside_the_name(spec: str, options: Any, message: str) -> None:
    assert message in line(spec, **options)


KINDS = """
import numpy as np
from architecto.problems.networks.datasets import BaseDataset, Splits

class Waves(BaseDataset):
    input_kind, input_shape = "series", (2, 9)
    task_kind, classes, description = "regression", 1, "waves"

    def read(self, folder):
        series = np.random.RandomState(0).rand(50, 2, 9).astype(np.float32)
        return Splits.of(series, series[:, :1, 0])
"""


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('"series", (2, 9)', '"serie", (2, 9)', "input_kind is 'serie', expected image, features"),
        ("(2, 9)", "(9,)", "input_shape is (9,), expected (channels, length), whole numbers fro"),
        ('"regression"', '"guess"', "task_kind is 'guess', expected classification, regression"),
        ('"regression"', '"language-model"', "classes is 1, expected the vocabulary of tokens"),
        ("(50, 2, 9)", "(50, 2, 8)", "got inputs of shape 30x2x8, expected nx2x9 with n from"),
        ("[:, :1, 0]", "[:, 0, 0]", "got targets of shape 30, expected 30x1"),
        ("[:, :1, 0]", "[:, :1, 0] + np.float32(np.inf)", "its target is inf, expected a finite"),
        ("return", "series[1, 1, 1] = np.nan; return", "got nan among its inputs, expected finite"),
    ],
)
def test_a_users_data_set_of_another_kind(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    file = tmp_path / "my_data.py"
    file.write_text(KINDS)
    data = datasets.load(f"{file}:Waves")
    assert data.info.task == "predict a number from 2x9 series of waves"
    assert (data.info.metric, data.train_targets.shape) == ("r2", (30, 1))
    assert right in KINDS
    file.write_text(KINDS.replace(right, wrong))
    with pytest.raises(DatasetError) as caught:
        datasets.load(f"{file}:Waves")
    assert message in str(caught.value) and not isinstance(caught.value, DatasetUnavailable)
