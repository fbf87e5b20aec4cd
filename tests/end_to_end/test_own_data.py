"""A user's own data, searched end to end by the command line: a real engine, real trainings."""

from __future__ import annotations

import csv
import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_diabetes
from torch.utils.data import TensorDataset

from architecto import resume, search
from architecto.runs.result import Result

ROOT = Path(__file__).resolve().parents[2]
FEW = ("--trials", "2", "--epochs", "1", "--batch-size", "64")


def images(folder: Path) -> str:
    """Bars that lie and bars that stand, as PNG files in a folder for each class."""
    rng = random.Random(0)
    for name in ("lying", "standing"):
        (folder / "bars" / name).mkdir(parents=True)
        for number in range(30):
            pixels = np.zeros((12, 12), dtype=np.uint8)
            place = rng.randrange(1, 10)
            pixels[(slice(place, place + 2), slice(None))[:: 1 if name == "lying" else -1]] = 255
            Image.fromarray(pixels).save(folder / "bars" / name / f"{number}.png")
    return f"folder:{folder / 'bars'}"


def arrays(folder: Path) -> str:
    """Series of two channels: sines of two frequencies."""
    rng = np.random.RandomState(0)
    y = rng.randint(0, 2, 120)
    t = np.arange(40) / 40
    X = np.sin(2 * np.pi * (2 + 3 * y[:, None, None]) * t + rng.rand(120, 2, 1))
    np.savez(folder / "waves.npz", X=X.astype(np.float32), y=y)
    return f"npz:{folder / 'waves.npz'}"


def prices(folder: Path) -> Path:
    """A table of numbers, categories and gaps, and a price that depends on them."""
    rng = random.Random(0)
    path = folder / "my.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["area", "city", "age", "price"])
        for _ in range(200):
            area, city = rng.uniform(20, 200), rng.choice(["Bonn", "Ulm", "Kiel"])
            age = rng.choice(["", rng.randrange(100)])
            price = area * {"Bonn": 3, "Ulm": 4, "Kiel": 2}[city] + rng.gauss(0, 5)
            rows.writerow([f"{area:.1f}", city, age, f"{price:.1f}"])
    return path


KINDS = {
    "images": (images, (), "cnn", "test_accuracy"),
    "arrays": (arrays, (), "series", "test_accuracy"),
    "table": (lambda f: f"csv:{prices(f)}", ("--target", "price"), "tabular", "test_r2"),
    "series": (lambda f: "aeon:ItalyPowerDemand", (), "series", "test_accuracy"),
    "text": (lambda f: "words", (), "text", "test_accuracy"),
    "language model": (
        lambda f: f"text:{ROOT / 'protocol' / 'grammar.md'}",
        ("--context", "32"),
        "language-model",
        "test_loss_reduction",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_space_that_fits_is_searched(kind: str, run_architecto, run_program, python, tmp_path):
    """Without --space; the incumbent is a program that loads its weights."""
    made, options, space, metric = KINDS[kind]
    spec = made(tmp_path)
    if kind == "text" and not Path("/usr/share/dict/ngerman").exists():
        pytest.skip("needs Debian's word lists")
    done = run_architecto("run", "--dataset", spec, *options, *FEW, "--run", tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"space {space}" in done.stdout
    result = Result.read(tmp_path / "run")
    assert len(result.trials) == 2
    assert {trial["status"] for trial in result.trials} == {"complete"}, result.trials
    assert result.best is not None and metric in result.best.metrics
    assert all(math.isfinite(value) for value in result.best.metrics.values())
    model = run_program(python, tmp_path / "run" / "best" / "model.py")
    assert model.returncode == 0, model.stderr
    assert f"{result.best.metrics['parameters']:,} parameters" in model.stdout


def test_one_command_and_nothing_else(run_program, project: Path, tmp_path: Path) -> None:
    """`make run-search DATASET=csv:my.csv OPTIONS="--target price"`."""
    path = prices(tmp_path)
    options = f"--target price --epochs 1 --run {tmp_path / 'run'}"
    done = run_program(
        "make", "run-search", f"DATASET=csv:{path}", "TRIALS=2", f"OPTIONS={options}", cwd=project
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "searching space tabular" in done.stdout


OBJECTS = {
    "arrays": lambda: (load_breast_cancer(return_X_y=True), {}),
    "frame": lambda: (load_diabetes(as_frame=True).frame, {"target": "target"}),
    "a pair of torch data sets": lambda: (
        tuple(TensorDataset(torch.rand(60, 5), torch.arange(60) % 2) for _ in range(2)),
        {},
    ),
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_objects_of_a_notebook(kind: str, tmp_path: Path) -> None:
    """The run keeps them: it resumes without the objects."""
    given, settings = OBJECTS[kind]()
    run = str(tmp_path / "run")
    result = search(dataset=given, run=run, trials=1, epochs=1, **settings)
    assert [trial["status"] for trial in result.trials] == ["complete"]
    kept = json.loads((tmp_path / "run" / "configuration.json").read_text())["dataset"]
    assert Path(kept.partition(":")[2]).is_relative_to(tmp_path / "run")
    assert len(resume(run, trials=2).trials) == 2


def test_a_recipe_that_is_searched(run_architecto, tmp_path: Path) -> None:
    """Its parts are choices of the search like all others, and stand in the answers."""
    done = run_architecto(
        *("run", "--dataset", "sklearn:wine", "--trials", "3", "--epochs", "1"),
        *("--lr", "search", "--batch-size", "search", "--run", tmp_path / "run"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = Result.read(tmp_path / "run")
    assert result.best is not None and "(training (adamw " in result.best.answer
    assert {trial["status"] for trial in result.trials} == {"complete"}, result.trials
    module = result.best.module()
    assert module(torch.zeros(2, 13)).shape == (2, 3)


MISTAKES = [
    (["--dataset", "csv:none.csv", "--target", "price"], "none.csv"),
    (["--dataset", "csv:{table}"], "--target"),
    (["--dataset", "csv:{table}", "--target", "cost"], "area, city, age"),
    (["--dataset", "sklearn:breast-cancer", "--space", "cnn"], "tabular"),
    (["--dataset", "digits", "--space", "text"], "cnn"),
    (["--dataset", "digits", "--metric", "r2"], "accuracy"),
    (["--dataset", "digits", "--lr", "fast"], "expected a number"),
    (["--dataset", "sklearn:diabetes", "--label-smoothing", "0.1"], "label-smoothing"),
    (["--dataset", "sklearn:wine", "--augment", "flip"], "augment"),
]


@pytest.mark.parametrize(("arguments", "names"), MISTAKES)
def test_mistakes_are_one_line(arguments, names: str, run_architecto, tmp_path: Path) -> None:
    table = prices(tmp_path)
    given = [word.format(table=table) for word in arguments]
    done = run_architecto("run", *given, "--run", tmp_path / "run")
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and names in done.stderr, done.stderr
    assert not (tmp_path / "run").exists()
