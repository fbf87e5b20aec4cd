"""The space of a run: the one that fits the data where none is given, and what does not fit."""

import json
from pathlib import Path

import pytest

from architecto.problems.base import ProblemError
from architecto.problems.networks.problem import FITTING, Networks, NetworkSettings
from architecto.problems.networks.shapes import INPUTS
from architecto.runs import configuration
from architecto.runs.configuration import Configuration

ROOT = Path(__file__).resolve().parents[2]

SIZES = {
    "image": (3, 16, 16),
    "features": (8,),
    "series": (1, 24),
    "tokens": (16, 27),
    "table": (8, 1, 5),
}
WORDS = {
    "image": "images of 16x16 pixels and 3 channels",
    "features": "rows of 8 numbers",
    "series": "series of 24 steps and 1 channel",
    "tokens": "texts of 16 tokens, 27 different ones",
    "table": "rows of 8 numbers and 1 category",
}


def dataset(folder: Path, kind: str, task: str = "classification") -> str:
    """The spec of a data set that can be asked for its facts and nothing else."""
    (folder / "asked.py").write_text(
        "from architecto import BaseDataset\n\n"
        "class Asked(BaseDataset):\n"
        f"    input_kind, input_shape, task_kind = {kind!r}, {SIZES[kind]}, {task!r}\n"
        f"    classes, description = {SIZES[kind][-1] if task == 'language-model' else 4}, 'rows'\n"
        "    def ensure_available(self, folder):\n"
        "        raise AssertionError('a download')\n"
        "    def read(self, folder):\n"
        "        raise AssertionError('read')\n"
    )
    return f"{folder}/asked.py:Asked"


KINDS = [(kind, "classification") for kind in INPUTS]
KINDS += [(kind, "regression") for kind in INPUTS] + [("tokens", "language-model")]


@pytest.mark.parametrize(("kind", "task"), KINDS)
def test_the_space_that_fits_the_data(kind: str, task: str, tmp_path: Path) -> None:
    expected = {"tokens": "text", "series": "series", "image": "cnn"}.get(kind, "tabular")
    if task == "language-model":
        expected = task
    problem = Networks(NetworkSettings(dataset=dataset(tmp_path, kind, task)))
    problem.check()
    assert problem.title == f"{expected}-asked"
    assert problem.absolute().space == expected
    said = f"data set asked.py:Asked: {WORDS[kind]}; searching space {expected} (SPACE=, or "
    assert (problem.introduction() or "").startswith(said)

    words = problem.engine_words()
    assert words[:2] == ["--space", expected]
    size = ",".join(map(str, SIZES[kind]))
    assert words[3] == (size if kind == "image" else f"{kind}:{size}")
    gives = {"tokens": ["--gives", "features"], "language-model": ["--gives", "sequence"]}
    assert words[6:] == gives.get(task, gives.get(kind, []))

    given = Networks(NetworkSettings(dataset=problem.settings.dataset, space="free"))
    assert given.introduction() is None
    assert given.title == "free-asked"


def test_spaces_that_fit_are_ours() -> None:
    names = {file.stem for file in (ROOT / "racket/networks/spaces").glob("*.rkt")}
    assert set(FITTING.values()) <= names and set(INPUTS) <= FITTING.keys()


def test_images_of_ours_are_searched_as_ever() -> None:
    """Nothing is said, and the engine is told what it always was."""
    digits = Networks(NetworkSettings())
    assert digits.introduction() is None and digits.title == "cnn-digits"
    expected = ["--space", "cnn", "--input", "1,8,8", "--classes", "10"]
    assert digits.engine_words() == expected


def test_a_table_of_results_needs_a_space() -> None:
    with pytest.raises(ProblemError, match="--table needs --space"):
        Networks(NetworkSettings(table="results.csv", search_metric="accuracy")).check()


MISFITS = [
    ("image", "classification", "series", "images", "cnn, "),
    ("features", "classification", "text", "vectors of numbers", "tabular"),
    ("table", "regression", "mlp", "rows with categories", "tabular"),
    ("series", "classification", "tabular", "series", "series"),
    ("tokens", "classification", "language-model", "texts to one output", "text"),
    ("tokens", "language-model", "text", "texts to an output of each token", "language-model"),
]


@pytest.mark.parametrize(("kind", "task", "space", "what", "others"), MISFITS)
def test_a_space_that_does_not_fit_is_told_before_a_download(
    kind: str, task: str, space: str, what: str, others: str, run_architecto, tmp_path: Path
) -> None:
    spec = dataset(tmp_path, kind, task)
    said = run_architecto("run", "--dataset", spec, "--space", space, "--run", tmp_path / "run")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith(f"architecto run: space {space} takes ")
    assert f"not {what}" in said.stderr and said.stderr.count("\n") == 1
    assert others in said.stderr.partition("spaces that do: ")[2]
    assert not (tmp_path / "run").exists()


def test_a_run_keeps_its_space(tmp_path: Path) -> None:
    """Configurations say which space was searched; those of before always did."""
    wanted = configuration.absolute(Configuration.of(dataset=dataset(tmp_path, "series")))
    wanted.save(tmp_path)
    kept = tmp_path / "configuration.json"
    assert json.loads(kept.read_text())["space"] == "series"
    kept.write_text(json.dumps({"space": "mlp", "dataset": "digits", "trials": 3, "seed": 1}))
    loaded = configuration.load(tmp_path)
    assert loaded.searched.title == "mlp-digits"
    assert loaded.searched.introduction() is None


def test_a_run_says_which_columns_it_leaves_out(run_architecto, tmp_path: Path) -> None:
    rows = [f"name{i},{i}.5,k,{i % 2}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["id,a,c,y", *rows]))
    done = run_architecto(
        *("run", "--dataset", "csv:t.csv", "--space", "mlp", "--target", "y", "--trials", "1"),
        *("--epochs", "1", "--scorer", "random", "--run", tmp_path / "run"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert first == "data set csv:t.csv: left out: id, c (describe-data says why)"
