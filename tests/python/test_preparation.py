"""The exported network: a program takes what a user has and gives what the data set calls it."""

import datetime
import runpy
from pathlib import Path
from typing import Any

import pandas
import pytest
import torch
from datasets_for_tests import Faces, Labels, Price, Rows, Waves
from test_training import DATA, TEXTS

from architecto import NetworkSettings
from architecto.evaluators.base import carried_out
from architecto.problems.networks import datasets
from architecto.problems.networks.datasets.texts import encode as encode_text
from architecto.problems.networks.datasets.words import LENGTHS, LETTERS
from architecto.problems.networks.datasets.words import encode as encode_words
from architecto.problems.networks.preparation import code
from architecto.problems.networks.problem import Networks
from architecto.problems.networks.training import TrainingEvaluator

SEARCHED = "(training (adamw 0.01) (epochs 2))"


def exported(folder: Path, dataset: str, answer: str, **options: Any) -> tuple[Any, Any]:
    """The evaluator that trained, and the names that model.py defines."""
    evaluator = TrainingEvaluator(dataset, options=options)
    weights = folder / "weights.pt"
    evaluation = carried_out(evaluator, answer, seed=0, weights_path=weights)
    assert evaluation.status == "complete", evaluation.reason
    problem = Networks(NetworkSettings(dataset=dataset))
    file = problem.write_best(folder, answer, evaluation)
    assert problem.load(folder, answer) is not None
    return evaluator, runpy.run_path(str(file))


@pytest.mark.parametrize("cls", [Price, Labels, Waves, Rows, Faces])
def test_inputs_are_made_as_in_training(cls: Any, tmp_path: Path) -> None:
    name = cls.__name__
    evaluator, model = exported(tmp_path, f"{DATA}:{name}", TEXTS[name])
    raw = torch.from_numpy(cls().read(tmp_path).test[0])
    made = model["normalise"](raw)
    assert torch.allclose(made, evaluator.data.test_inputs, atol=1e-5)
    assert "Trained with (training (adamw 0.005 0.02)" in model["__doc__"]
    assert len(model["__doc__"].splitlines()[0]) <= 100


def test_outputs_are_in_the_unit_of_the_data(tmp_path: Path) -> None:
    evaluator, model = exported(tmp_path, f"{DATA}:Price", TEXTS["Price"])
    raw, targets = (torch.from_numpy(part) for part in Price().read(tmp_path).test)
    found = model["predict"](model["load"](), raw)
    info, scores = evaluator.data.info, model["load"]()(model["normalise"](raw)).detach()
    assert found.shape == targets.shape
    back = (found - torch.tensor(model["TARGET_MEAN"])) / torch.tensor(model["TARGET_STD"])
    assert torch.allclose(back, scores, atol=1e-4)
    assert model["TARGETS"] == list(info.class_names)


def test_outputs_are_names(tmp_path: Path) -> None:
    _, model = exported(tmp_path, f"{DATA}:Waves", TEXTS["Waves"])
    raw, labels = (torch.from_numpy(part) for part in Waves().read(tmp_path).test)
    found = model["predict"](model["load"](), raw)
    assert found == ["down" if label else "up" for label in labels]
    (tmp_path / "labels").mkdir()
    answer = f"(network {TEXTS['Labels']} (training (adam 0.1) (epochs 20)))"
    _, model = exported(tmp_path / "labels", f"{DATA}:Labels", answer)
    raw = torch.tensor([[5.0, -5.0, 5.0], [-5.0, -5.0, -5.0]])
    assert model["predict"](model["load"](), raw) == [["a", "c"], []]
    assert model["TRAINING"] == "(training (adam 0.1) (epochs 20))"


def test_the_recipe_belongs_to_the_answer(tmp_path: Path) -> None:
    answer = f"(network {TEXTS['Faces']} {SEARCHED})"
    exported(tmp_path, f"{DATA}:Faces", answer)
    problem = Networks(NetworkSettings(dataset=f"{DATA}:Faces"))
    with pytest.raises(FileNotFoundError):
        problem.load(tmp_path, answer.replace("0.01", "0.02"))


def test_rows_of_a_table_are_encoded_as_in_training(tmp_path: Path) -> None:
    """Numbers, dates and categories, some of them missing; pandas is not needed for it."""
    count = 120
    day = datetime.date(2020, 1, 1)
    frame = pandas.DataFrame(
        {
            "age": [None if i % 7 == 0 else 20.0 + i % 30 for i in range(count)],
            "city": [("Bern", "Basel", None)[i % 3] for i in range(count)],
            "old": [i % 2 == 0 for i in range(count)],
            "born": [str(day + datetime.timedelta(days=i)) for i in range(count)],
            "price": [1000.0 + 10 * (i % 30) + 0.5 for i in range(count)],
        }
    )
    file = tmp_path / "homes.csv"
    frame.to_csv(file, index=False)
    info = datasets.create(f"csv:{file}", {"target": "price"})
    first, sizes = info.input_shape[0], " ".join(map(str, info.input_shape))
    wide = first + 2 * info.input_shape[1]
    answer = (
        f"(architecture (input table {sizes}) ((category-embedding {sizes} 2) (linear {wide} 1)))"
    )
    folder = tmp_path / "best"
    folder.mkdir()
    evaluator, model = exported(folder, f"csv:{file}", answer, target="price")
    rows = frame.to_dict("records")
    made = model["normalise"](model["encode"](rows))
    known = {tuple(row) for row in made.round(decimals=3).tolist()}
    for part in ("train", "validation", "test"):
        inputs = getattr(evaluator.data, f"{part}_inputs")
        assert {tuple(row) for row in inputs.round(decimals=3).tolist()} <= known
    found = model["predict"](model["load"](), model["encode"](rows[:3]))
    assert found.shape == (3, 1) and 900 < float(found.mean()) < 1400
    unknown = model["encode"]([{"city": "Rome"}])
    assert unknown.shape[1] == made.shape[1] and bool(unknown[0, 0].isnan())


def test_truth_values_are_read_as_a_file_writes_them() -> None:
    columns = [{"name": "on", "kind": "number"}]
    names: dict[str, Any] = {"torch": torch, "Tensor": torch.Tensor}
    exec(code({"input": "features", "source": {"columns": columns}}), names)
    found = names["encode"]([{"on": value} for value in ("True", "FALSE", True, "2.5")])
    assert found[:, 0].tolist() == [1, 0, 1, 2.5]


def test_words_and_texts_are_encoded_as_in_training() -> None:
    words = {"letters": LETTERS, "length": LENGTHS[-1]}
    given = ["straße", "a", "", "x" * 40, "it's"]
    made = defined(words)
    assert torch.equal(made["encode"](given), torch.from_numpy(encode_words(given)))
    for characters in (" abcß'{}\n\\", ""):
        made = defined({"characters": characters, "context": 8})
        text = "abc ß{z}'\n"
        tokens = encode_text(text, characters)[-8:].tolist()
        assert made["encode"]([text]).tolist() == [tokens]
        assert made["encode"](["a"]).tolist() == [[0] * 7 + tokens_of("a", characters)]


def defined(source: dict[str, Any]) -> dict[str, Any]:
    """What the code for tokens defines."""
    names: dict[str, Any] = {}
    head = "import torch\nfrom torch import Tensor, nn\n"
    exec(head + code({"input": "tokens", "source": source}), names)
    return names


def tokens_of(text: str, characters: str) -> list[int]:
    found: list[int] = encode_text(text, characters).tolist()
    return found
