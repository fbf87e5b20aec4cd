"""Training of every kind of data by every part of a recipe, on small data sets."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as reference

from architecto import rewards
from architecto.evaluators.base import Evaluation, carried_out
from architecto.problems.networks import losses, metrics, optimizers
from architecto.problems.networks.augmentation import augmented
from architecto.problems.networks.recipe import Recipe
from architecto.problems.networks.training import TrainingEvaluator

DATA = Path(__file__).with_name("datasets_for_tests.py")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def trainer(name: str, **arguments: Any) -> TrainingEvaluator:
    return TrainingEvaluator(f"{DATA}:{name}", **arguments)


def network(given: str, *layers: str) -> str:
    return f"(architecture (input {given}) ({' '.join(layers)}))"


TEXTS = {
    "Price": network("features 4", "(linear 4 2)"),
    "Labels": network("features 3", "(linear 3 3)"),
    "Rare": network("features 2", "(linear 2 2)"),
    "Odd": network("features 2", "(linear 2 2)"),
    "Waves": network("series 1 12", "(conv1d 1 4 3 1 1)", "(flatten)", "(linear 48 2)"),
    "Rows": network("table 1 1 4", "(category-embedding 1 1 4 3)", "(linear 4 2)"),
    "Counting": network("tokens 6 6", "(embedding 6 8)", "(linear 8 6)"),
    "Faces": network("1 8 8", "(flatten)", "(linear 64 2)"),
}


def evaluate(evaluator: TrainingEvaluator, answer: str, **arguments: Any) -> Evaluation:
    found = carried_out(evaluator, answer, **{"seed": 0, "weights_path": None, **arguments})
    assert (found.status, found.reason) == ("complete", None)
    return found


def trained(name: str, training: str = "", **arguments: Any) -> Evaluation:
    answer = f"(network {TEXTS[name]} {training})" if training else TEXTS[name]
    return evaluate(trainer(name, **arguments), answer)


FIRST = {
    "Price": ["validation_r2", "test_r2"],
    "Labels": ["validation_macro_f1", "test_macro_f1"],
    "Counting": ["validation_loss_reduction", "test_loss_reduction"],
}


@pytest.mark.parametrize(
    ("name", "training", "least"),
    [
        ("Price", "(training (adamw 0.1) (epochs 40))", 0.95),
        ("Labels", "(training (adam 0.1) (epochs 30))", 0.9),
        ("Waves", "", 0.95),
        ("Rows", "(training (adamw 0.1))", 0.95),
        ("Counting", "(training (adamw 0.1 0.0))", 0.9),
        ("Faces", "", 0.95),
    ],
)
def test_every_kind_of_data_is_learned(name: str, training: str, least: float) -> None:
    found = trained(name, training)
    first = FIRST.get(name, ["validation_accuracy", "test_accuracy"])
    assert list(found.metrics)[:3] == [*first, "parameters"]
    assert found.objective == first[0]
    assert found.metrics[first[0]] >= least and found.metrics[first[1]] >= least - 0.05
    assert found.curve[-1] == found.value
    reward = rewards.judged(rewards.create("loss-curve"), found)
    assert reward is not None and reward > 0.5
    assert found.facts["unlisted"] == list(found.metrics)[3:]


@pytest.mark.parametrize(
    ("name", "chance"),
    [
        ("Price", 1.0),
        ("Labels", math.log(2)),
        ("Rare", math.log(2)),
        ("Counting", math.log(6)),
    ],
)
def test_a_network_that_learns_nothing_has_the_loss_of_chance(name: str, chance: float) -> None:
    """So that its reward is 0, whatever the task, and with class weights as well."""
    evaluator = trainer(name)
    assert evaluator.chance_loss == pytest.approx(chance)
    scores = torch.zeros(*evaluator.train_targets.shape, evaluator.data.info.classes)
    if name in ("Price", "Labels"):
        scores = scores[:, 0]
    assert float(evaluator.loss(scores, evaluator.train_targets)) == pytest.approx(chance, rel=1e-5)
    if name in ("Labels", "Rare"):
        balanced = trainer(name, options={"class_weights": "balanced"})
        loss = float(balanced.loss(scores, balanced.train_targets))
        assert loss == pytest.approx(chance, rel=1e-5)


def test_errors_are_told_in_the_unit_of_the_data() -> None:
    found = trained("Price", options={"metric": "mae"}).metrics
    assert list(found)[:3] == ["validation_mae", "test_mae", "parameters"]
    assert found["validation_negative_mae"] == -found["validation_mae"]
    evaluator = trainer("Price", options={"metric": "mae"})
    assert evaluator.objective == "validation_negative_mae"
    deviation = evaluator.data.target_deviation
    spread = (
        float(evaluator.data.validation_targets.abs().mean(dim=0) @ torch.tensor(deviation)) / 2
    )
    assert 0 < found["validation_mae"] < spread * 1.5
    assert deviation[0] > 10 * deviation[1]


def test_class_weights_help_the_rare_class() -> None:
    plain, balanced = (
        trained("Rare", options={"class_weights": how, "metric": "balanced-accuracy"}).metrics
        for how in ("none", "balanced")
    )
    assert balanced["validation_balanced_accuracy"] > plain["validation_balanced_accuracy"]


def test_metrics_are_those_of_scikit_learn() -> None:
    random = np.random.RandomState(0)
    truth, scores = random.randint(0, 3, 50), random.randn(50, 3)
    info: Any = type("Info", (), {"task_kind": "classification", "classes": 3})
    names = metrics.METRICS["classification"]
    targets = torch.from_numpy(truth)
    found = metrics.compute(names, info, torch.from_numpy(scores), targets)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    guess = scores.argmax(axis=1)
    assert found == pytest.approx(
        {
            "accuracy": reference.accuracy_score(truth, guess),
            "balanced_accuracy": reference.balanced_accuracy_score(truth, guess),
            "macro_f1": reference.f1_score(truth, guess, average="macro"),
            "auc": reference.roc_auc_score(truth, chances, multi_class="ovr"),
        }
    )
    info.task_kind = "regression"
    goal, guesses = random.randn(2, 50, 2)
    scale = np.array([3.0, 5.0])
    found = metrics.compute(
        metrics.METRICS["regression"],
        info,
        torch.from_numpy(guesses),
        torch.from_numpy(goal),
        tuple(scale),
    )
    assert found == pytest.approx(
        {
            "r2": reference.r2_score(goal, guesses),
            "mae": reference.mean_absolute_error(goal * scale, guesses * scale),
            "mse": reference.mean_squared_error(goal * scale, guesses * scale),
        }
    )
    info.task_kind = "multi-label"
    held = random.rand(50, 3) > 0.5
    found = metrics.compute(
        metrics.METRICS["multi-label"],
        info,
        torch.from_numpy(scores),
        torch.from_numpy(held.astype(np.float32)),
    )
    assert found == pytest.approx(
        {
            "macro_f1": reference.f1_score(held, scores > 0, average="macro"),
            "accuracy": reference.accuracy_score(held, scores > 0),
            "auc": reference.roc_auc_score(held, scores, average="macro"),
        }
    )


def test_the_next_token_is_measured_where_one_is_asked() -> None:
    found = trained("Counting").metrics
    loss = found["validation_loss"]
    assert found["validation_perplexity"] == pytest.approx(math.exp(loss))
    assert found["validation_loss_reduction"] == pytest.approx(1 - loss / math.log(6))
    scores, targets = torch.randn(2, 3, 4), torch.tensor([[-100, 1, 2], [-100, -100, 3]])
    kept = metrics.kept("language-model", scores, targets)
    assert kept[:, 1].tolist() == [2, 1]
    mean = float(losses.NextToken(4)(scores, targets))
    assert float(kept[:, 0].sum()) / 3 == pytest.approx(mean, rel=1e-6)


def test_outputs_that_are_no_numbers_are_a_result() -> None:
    info: Any = type("Info", (), {"task_kind": "classification", "classes": 2})
    with pytest.raises(metrics.MetricError, match="are not finite"):
        metrics.compute(("accuracy",), info, torch.tensor([[math.nan, 0]]), torch.tensor([0]))


# ------------------------------------------------------------------------------ recipes


@pytest.mark.parametrize(
    "part",
    [
        "(adam 0.005)",
        "(sgd 0.005)",
        "(adamw 0.005 0.5)",
        "(adamw 0.006 0.02)",
        "(batch 16)",
        "(schedule cosine)",
        "(schedule constant)",
        "(schedule linear)",
        "(augment flip)",
        "(augment crop)",
        "(augment flip crop)",
        "(label-smoothing 0.2)",
        "(clip 0.01)",
        "(epochs 3)",
    ],
)
def test_every_part_of_a_recipe_changes_the_training_and_repeats(part: str) -> None:
    evaluator = trainer("Faces")
    plain = evaluate(evaluator, TEXTS["Faces"])
    answer = f"(network {TEXTS['Faces']} (training {part}))"
    first, again = evaluate(evaluator, answer), evaluate(evaluator, answer)
    assert first.curves == again.curves and first.metrics == again.metrics
    assert first.curves != plain.curves
    assert part.split()[0] in first.facts["recipe"]
    assert evaluate(evaluator, TEXTS["Faces"]).curves == plain.curves


def test_settings_are_the_recipe_that_an_answer_changes() -> None:
    evaluator = trainer("Faces", lr=0.01, epochs=2, clip=1.0)
    found = evaluate(evaluator, f"(network {TEXTS['Faces']} (training (adamw 0.02) (epochs 3)))")
    assert found.facts["recipe"] == (
        "(training (adamw 0.02 0.02) (batch 32) (schedule one-cycle) (clip 1.0) (epochs 3))"
    )
    assert len(found.curve) == 3
    same = evaluate(trainer("Faces", lr=0.02, epochs=3, clip=1.0), TEXTS["Faces"])
    assert same.curves == found.curves


@pytest.mark.parametrize(
    ("name", "training", "reason"),
    [
        ("Rare", "(training (augment flip))", "augment is for image inputs, and rare has features"),
        ("Price", "(training (label-smoothing 0.1))", "label-smoothing is for classification"),
        ("Rare", "(training (batch 0))", "(batch 0): batch-size is 0, expected a whole number"),
        ("Rare", "(trained)", "expected (training PART …), got (trained)"),
    ],
)
def test_a_recipe_that_cannot_be_is_a_result(name: str, training: str, reason: str) -> None:
    answer = f"(network {TEXTS[name]} {training})"
    found = carried_out(trainer(name), answer, seed=0, weights_path=None)
    assert found.status == "failed" and reason in (found.reason or "")


def test_a_network_for_other_data_is_a_result() -> None:
    for name, text, reason in (
        ("Price", TEXTS["Faces"], "input is 1x8x8, but inputs of price are 4"),
        ("Price", network("features 4", "(linear 4 3)"), "output is 3, but price has 2 targets"),
        ("Labels", network("features 3", "(relu)"), "has no parameters to train"),
        ("Counting", network("tokens 6 6", "(embedding 6 8)"), "6x8, but counting needs 6x6"),
    ):
        found = carried_out(trainer(name), text, seed=0, weights_path=None)
        assert found.status == "failed" and reason in (found.reason or ""), found.reason


def test_label_smoothing_is_not_told_as_loss() -> None:
    """The first batch's loss, before any step, is that without smoothing."""
    plain, smooth = (trained("Faces", label_smoothing=x).curves for x in (0.0, 0.3))
    assert plain["training_loss"][0] == smooth["training_loss"][0]


def test_a_last_batch_of_one_joins_the_one_before() -> None:
    text = network("features 2", "(linear 2 4)", "(batch-norm1d 4)", "(linear 4 2)")
    found = evaluate(trainer("Odd", epochs=3), text)
    assert len(found.curves["training_loss"]) == 3


@pytest.mark.parametrize("name", ["one-cycle", "cosine", "linear", "constant"])
@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("batches", [1, 2, 19, 20, 21, 40, 400])
def test_schedules_end_where_they_should(name: str, optimizer: str, batches: int) -> None:
    facts: Any = type("Facts", (), {"learning_rate": 0.1, "batch_size": 1, "epochs": 1})
    how = Recipe.of(facts, {"schedule": name, "optimizer": optimizer})
    weight = torch.nn.Parameter(torch.zeros(1))
    made = optimizers.create(how, [weight])
    schedule = optimizers.schedule(how, made, batches)
    rates = []
    for _ in range(batches):
        rates.append(made.param_groups[0]["lr"])
        weight.grad = torch.zeros(1)
        made.step()
        schedule.step()
    assert max(rates) <= 0.1 + 1e-12
    if name != "one-cycle":
        assert rates[0] == pytest.approx(0.1)
    if batches >= 40:
        assert max(rates) == pytest.approx(0.1)
        assert rates[-1] == pytest.approx(0.1) if name == "constant" else rates[-1] < 0.01


def test_images_are_flipped_and_moved() -> None:
    images = torch.arange(2 * 1 * 8 * 16, dtype=torch.float32).view(2, 1, 8, 16).repeat(50, 1, 1, 1)
    torch.manual_seed(0)
    assert augmented(images, "none") is images
    flipped = augmented(images, "flip")
    mirrored = [bool((a == b.flip(-1)).all()) for a, b in zip(flipped, images, strict=True)]
    same = [bool((a == b).all()) for a, b in zip(flipped, images, strict=True)]
    assert 30 < sum(mirrored) < 70 and sum(mirrored) + sum(same) == 100
    moved = augmented(images, "crop")
    assert moved.shape == images.shape and moved.dtype == images.dtype
    shifts = set()
    for image, original in zip(moved, images, strict=True):
        padded = torch.nn.functional.pad(original, (2, 2, 1, 1))
        windows = {
            (y, x): bool((image == padded[:, y : y + 8, x : x + 16]).all())
            for y in range(3)
            for x in range(5)
        }
        assert sum(windows.values()) == 1
        shifts |= {place for place, fits in windows.items() if fits}
    assert len(shifts) == 15


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_mixed_precision_learns_as_well(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of CUDA, on the CPU: networks compute in bfloat16, losses in float32."""
    here = trained(name)
    half = torch.autocast("cpu", torch.bfloat16)
    monkeypatch.setattr(TrainingEvaluator, "_precision", lambda _: half)
    there = trained(name)
    assert there.curves != here.curves
    assert there.value == pytest.approx(here.value, abs=0.1)
    ends = [evaluation.curves["training_loss"][-1] for evaluation in (there, here)]
    assert ends[0] == pytest.approx(ends[1], rel=0.2, abs=0.05)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_kind_of_data_is_learned_on_cuda(name: str) -> None:
    """In mixed precision, about as well as on the CPU."""
    there, here = (trained(name, device=device) for device in ("cuda", "cpu"))
    assert there.value == pytest.approx(here.value, abs=0.1)
    losses_there, losses_here = (e.curves["training_loss"] for e in (there, here))
    assert losses_there[-1] == pytest.approx(losses_here[-1], rel=0.2, abs=0.05)
