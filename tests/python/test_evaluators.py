"""The training evaluator, on the real digits."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from architecto import rewards
from architecto.catalogue import CatalogueError
from architecto.evaluators import create, failed
from architecto.evaluators.base import Evaluation
from architecto.problems.networks import datasets
from architecto.problems.networks.architecture import parse
from architecto.problems.networks.module import Network
from architecto.problems.networks.training import TrainingEvaluator


def network(*layers: str, shape: str = "1 8 8") -> str:
    return f"(architecture (input {shape}) ({' '.join(layers)}))"


SMALL = network("(flatten)", "(linear 64 16)", "(relu)", "(linear 16 10)")
CNN = network(
    "(conv2d 1 16 3 1 1)",
    "(relu)",
    "(conv2d 16 32 3 1 1)",
    "(relu)",
    "(max-pool2d 2 2 0)",
    "(flatten)",
    "(linear 512 64)",
    "(relu)",
    "(linear 64 10)",
)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def digits() -> TrainingEvaluator:
    return TrainingEvaluator("digits")


def evaluate(evaluator: TrainingEvaluator, text: str, **arguments: Any) -> Evaluation:
    return evaluator.evaluate(text, **{"seed": 0, "weights_path": None, **arguments})


def reward(evaluation: Evaluation) -> float:
    value = rewards.judged(rewards.create(TrainingEvaluator.reward), evaluation)
    assert value is not None
    return value


def test_a_small_cnn_learns_the_digits(digits: TrainingEvaluator) -> None:
    told: list[tuple[int, int, float]] = []
    evaluation = evaluate(digits, CNN, on_epoch=lambda *epoch: told.append(epoch))
    assert (evaluation.status, evaluation.reason) == ("complete", None)
    names = list(evaluation.metrics)
    assert names[:3] == ["validation_accuracy", "test_accuracy", "parameters"]
    assert names[3:] == evaluation.facts["unlisted"]
    assert evaluation.metrics["test_accuracy"] >= 0.97
    assert reward(evaluation) > 0.95
    assert evaluation.metrics["parameters"] == 160 + 4640 + 512 * 64 + 64 + 650
    losses, accuracies = (evaluation.curves[c] for c in ("training_loss", "validation_accuracy"))
    usual = datasets.create("digits")
    assert len(losses) == usual.epochs * math.ceil(1079 / usual.batch_size)
    assert told == [(i + 1, usual.epochs, a) for i, a in enumerate(accuracies)]
    assert evaluation.metrics["validation_accuracy"] == accuracies[-1]
    assert evaluation.facts["chance_loss"] == math.log(10)
    assert losses[0] == pytest.approx(math.log(10), abs=0.2)
    pixels = evaluation.facts["preprocessing"]
    assert pixels["mean"] == pytest.approx([0.30635], abs=1e-4)
    assert pixels["deviation"] == pytest.approx([0.37684], abs=1e-4)


def test_the_same_seed_gives_the_same_result(digits: TrainingEvaluator) -> None:
    first, second, other = (evaluate(digits, SMALL, seed=seed) for seed in (5, 5, 6))
    assert first.curves == second.curves
    assert first.metrics == second.metrics
    assert first.curves != other.curves


def test_the_weights_are_those_that_were_judged(digits: TrainingEvaluator, tmp_path: Path) -> None:
    path = tmp_path / "weights" / "0.pt"
    evaluation = evaluate(digits, SMALL, weights_path=path)
    weights = torch.load(path, weights_only=True)
    judged = Network(parse(SMALL)).eval()
    judged.load_state_dict(weights)
    found = judged(digits.data.test_inputs).argmax(dim=1)
    accuracy = float((found == digits.data.test_targets).float().mean())
    assert accuracy == pytest.approx(evaluation.metrics["test_accuracy"])
    assert [file.name for file in path.parent.iterdir()] == ["0.pt"]


def test_kernel_1_stride_2_keeps_the_memory_whole(run_program, python: str) -> None:
    """In a process of its own: oneDNN once wrote past its memory here, and the process died."""
    text = network("(conv2d 1 64 1 2 0)", "(adaptive-avg-pool2d 1)", "(flatten)", "(linear 64 10)")
    code = (
        "import torch; torch.set_num_threads(1); "
        "from architecto.problems.networks.training import TrainingEvaluator; "
        "e = TrainingEvaluator('digits', epochs=8); "
        f"print(e.evaluate({text!r}, seed=0, weights_path=None).status)"
    )
    done = run_program(python, "-c", code)
    assert (done.returncode, done.stdout) == (0, "complete\n"), done.stderr


def test_a_network_that_cannot_learn_gets_about_zero(digits: TrainingEvaluator) -> None:
    text = network("(flatten)", *["(sigmoid)"] * 20, "(linear 64 10)", "(sigmoid)")
    assert reward(evaluate(digits, text)) == pytest.approx(0, abs=0.1)


def test_divergence_stops_training_and_is_a_result(tmp_path: Path) -> None:
    evaluator = TrainingEvaluator("digits", lr=1e25)
    evaluation = evaluate(evaluator, CNN, weights_path=tmp_path / "0.pt")
    assert (evaluation.status, reward(evaluation)) == ("failed", -1.0)
    assert (evaluation.reason or "").startswith("diverged: loss ")
    losses = evaluation.curves["training_loss"]
    assert 0 < len(losses) < 34
    assert all(math.isfinite(loss) for loss in losses)
    assert list(evaluation.metrics) == ["parameters"]
    assert not (tmp_path / "0.pt").exists()


def test_a_crash_in_training_is_a_result() -> None:
    """Batch normalisation cannot train on one number a channel."""
    evaluator = TrainingEvaluator("digits", batch_size=1, epochs=1)
    text = network("(conv2d 1 4 8 1 0)", "(batch-norm2d 4)", "(relu)", "(flatten)", "(linear 4 10)")
    evaluation = evaluate(evaluator, text)
    assert (evaluation.status, reward(evaluation)) == ("failed", -1.0)
    assert (evaluation.reason or "").startswith("ValueError: Expected more than 1 value per")
    assert evaluate(evaluator, SMALL).status == "complete"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(architecture", "not an architecture: character 14"),
        (network("(linear 9 10)"), "(linear 9 10) does not fit its input of shape 1x8x8"),
        (network(shape="3 8 8"), "input is 3x8x8, but images of digits are 1x8x8"),
        (network("(flatten)"), "output is 64, but digits has 10 classes"),
        (network(), "output is its input, but digits has 10 classes"),
        (network("(adaptive-avg-pool2d 1)", "(flatten)"), "output is 1, but digits has 10"),
        (network("(conv2d 1 10 8 1 0)"), "output is 10x1x1, but digits has 10 classes"),
    ],
)
def test_what_cannot_be_trained_is_a_result(
    digits: TrainingEvaluator, text: str, reason: str
) -> None:
    evaluation = evaluate(digits, text)
    assert (evaluation.status, evaluation.metrics) == ("failed", {})
    assert evaluation.curves["training_loss"] == []
    assert reason in (evaluation.reason or "")


def test_a_network_without_parameters_is_a_result(digits: TrainingEvaluator) -> None:
    text = network(f"(concat {' '.join(['((adaptive-avg-pool2d 1))'] * 10)})", "(flatten)")
    evaluation = evaluate(digits, text)
    assert evaluation.reason == "the architecture has no parameters to train"
    assert evaluation.metrics["parameters"] == 0


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"name": "guess"}, "evaluator: got 'guess', expected training, tabular, path/to/file.py"),
        ({"dataset": "digit"}, "data set: got 'digit', expected digits, fashion-mnist, mnist"),
        ({"epochs": 0}, "epochs is 0, expected a whole number from 1"),
        ({"device": "abacus"}, "device 'abacus' cannot be used"),
        ({"lr": -1.0}, "lr is -1.0, expected a number above 0"),
        ({"schedule": "saw"}, "schedule is saw, expected one-cycle, cosine, constant, linear"),
        ({"options": {"metric": "r2"}}, "--metric is r2, but data set digits is a task of"),
        ({"momentum": 1, "x": 2}, "got momentum, x, but TrainingEvaluator takes dataset, device"),
        ({"name": "architecto.nothing:X"}, "no module architecto.nothing"),
        ({"name": "architecto.problems.networks.datasets:X"}, "got class X, expected one of"),
    ],
)
def test_an_evaluator_that_cannot_be_had(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        create(spec)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_spec_may_leave_everything_to_the_defaults() -> None:
    evaluator = create({"name": "training", "dataset": "digits", "device": "cpu", "epochs": None})
    assert isinstance(evaluator, TrainingEvaluator)
    assert (evaluator.recipe.epochs, evaluator.recipe.batch_size) == (16, 32)
    assert isinstance(create({"device": "auto"}), TrainingEvaluator)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_it_trains_on_cuda(tmp_path: Path) -> None:
    evaluator = TrainingEvaluator("digits", device="cuda")
    evaluation = evaluate(evaluator, CNN, weights_path=tmp_path / "0.pt")
    assert evaluation.status == "complete" and evaluation.metrics["test_accuracy"] >= 0.97
    weights = torch.load(tmp_path / "0.pt", weights_only=True)
    assert all(value.device.type == "cpu" for value in weights.values())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_cuda_the_reason_is_one_line() -> None:
    with pytest.raises(ValueError, match="device 'cuda' cannot be used: ") as caught:
        TrainingEvaluator("digits", device="cuda")
    assert "\n" not in str(caught.value)


def test_reasons_are_short() -> None:
    assert failed("two\n lines").reason == "two lines"
    assert len(failed("x" * 1000).reason or "") == 300
    assert failed("").reason == "no reason given"
