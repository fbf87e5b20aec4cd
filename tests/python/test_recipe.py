"""Recipes: their text, their defaults and checks, and what a search is told of them."""

import dataclasses
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from architecto import NetworkSettings
from architecto.problems.base import ProblemError
from architecto.problems.networks import datasets, recipe
from architecto.problems.networks.problem import Networks
from architecto.problems.networks.recipe import Recipe, RecipeError

DIGITS = datasets.create("digits")
SMALL = "(architecture (input 1 8 8) ((flatten) (linear 64 10)))"
EVERYTHING = (
    "(training (sgd 0.003 0.01) (batch 64) (schedule cosine) (augment flip crop) "
    "(label-smoothing 0.1) (clip 1.0) (epochs 16))"
)


def problem(**settings: Any) -> Networks:
    return Networks(NetworkSettings(**settings))


def test_a_recipe_is_what_the_data_set_and_the_defaults_say() -> None:
    found = Recipe.of(DIGITS)
    assert dataclasses.astuple(found) == (
        *("adamw", DIGITS.learning_rate, 0.02, DIGITS.batch_size, "one-cycle", "none"),
        *(0.0, 0.0, DIGITS.epochs),
    )
    assert str(found) == "(training (adamw 0.005 0.02) (batch 32) (schedule one-cycle) (epochs 16))"


def test_a_later_change_wins() -> None:
    found = Recipe.of(DIGITS, {"lr": 0.1, "clip": 1.0}, {"lr": 0.2, "clip": None})
    assert (found.lr, found.clip, found.batch_size) == (0.2, 1.0, 32)


def test_every_optimizer_has_its_own_weight_decay() -> None:
    decays = [Recipe.of(DIGITS, {"optimizer": name}).weight_decay for name in ("adam", "sgd")]
    assert decays == [0.0, 0.0005]


def test_the_text_is_read_and_written_back() -> None:
    assert str(Recipe.of_text(EVERYTHING, DIGITS)) == EVERYTHING
    assert recipe.write(recipe.read(EVERYTHING)) == EVERYTHING


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("(training (epochs 3) (batch 8))", "(training (batch 8) (epochs 3))"),
        ("(training (adam 1e-05))", "(training (adam 1e-05))"),
        ("(training (adam 1) (clip 2))", "(training (adam 1.0) (clip 2.0))"),
        ("(training (augment crop flip))", "(training (augment flip crop))"),
        ("(training (augment flip-crop))", "(training (augment flip crop))"),
        ("(training (augment none) (clip 0.0))", "(training (augment none) (clip 0.0))"),
        ("(training)", "(training)"),
    ],
)
def test_spellings_come_to_one(text: str, same: str) -> None:
    assert recipe.write(recipe.read(text)) == same
    assert recipe.write(recipe.read(same)) == same


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(training", "not a training: character 10"),
        ("(trainer)", "expected (training PART …), got (trainer)"),
        ("(training (lr 3))", "unknown part (lr 3) of a training, expected (OPTIMIZER lr"),
        ("(training 3)", "unknown part 3 of a training"),
        ("(training (batch 0))", "(batch 0): batch-size is 0, expected a whole number from 1"),
        ("(training (batch 1.5))", "(batch 1.5): batch-size is 1.5, expected a whole number"),
        ("(training (adamw))", "expected (OPTIMIZER lr [weight-decay]), got (adamw)"),
        ("(training (adamw 0 0))", "(adamw 0 0): lr is 0, expected a number above 0"),
        ("(training (adamw fast))", "lr is fast, expected a number above 0"),
        ("(training (batch 8) (batch 8))", "a second batch in a training: (batch 8)"),
        ("(training (schedule saw))", "schedule is saw, expected one-cycle, cosine, constant"),
        ("(training (augment flip flip))", "augment is flip flip, expected none, flip, crop"),
        ("(training (augment))", "augment is , expected none"),
        ("(training (label-smoothing 1))", "expected a number from 0 below 1"),
        ("(training (epochs (4 8)))", "epochs is (4 8), expected a whole number"),
    ],
)
def test_what_is_no_recipe(text: str, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe.of_text(text, DIGITS)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_answer_is_a_network_with_its_recipe_or_an_architecture() -> None:
    assert recipe.split(SMALL) == (SMALL, None)
    assert recipe.split("((") == ("((", None)
    answer = f"(network {SMALL} (training (batch 64)))"
    assert recipe.split(f" {answer}\n") == (SMALL, {"batch_size": 64})
    assert recipe.join(*recipe.split(answer)) == answer
    for bad in (f"(network {SMALL})", f"(network {SMALL} (training (batch 0)))"):
        with pytest.raises(RecipeError):
            recipe.split(bad)


def test_the_problem_takes_both_kinds_of_answers() -> None:
    searched = problem()
    answer = f"(network {SMALL} (training (adamw 0.003) (batch 64) (augment flip-crop)))"
    canonical = searched.canonical(answer)
    assert canonical == answer.replace("flip-crop", "flip crop")
    assert searched.canonical(canonical) == canonical
    shown = "flatten · linear 10 · adamw 0.003 · batch 64 · flip crop"
    assert searched.summary(canonical) == shown
    assert searched.summary(SMALL) == "flatten · linear 10"
    for bad in (answer.replace("64", "0"), answer.replace("flatten", "flat"), "(network)"):
        with pytest.raises(ProblemError):
            searched.canonical(bad)


def test_a_recipe_in_one_line() -> None:
    assert recipe.summary(recipe.read(EVERYTHING)) == (
        "sgd 0.003 decay 0.01 · batch 64 · cosine schedule · flip crop · label smoothing 0.1 · "
        "clip 1.0 · 16 epochs"
    )


# ------------------------------------------------------------------------------ settings


def test_every_value_is_a_setting() -> None:
    fields = {field.name for field in dataclasses.fields(NetworkSettings)}
    assert set(recipe.VALUES) <= fields
    assert set(recipe.VALUES) == {field.name for field in dataclasses.fields(Recipe)}


def test_an_engine_is_told_what_is_searched_and_nothing_else() -> None:
    def words(**settings: Any) -> list[str]:
        return problem(**settings).engine_words()

    plain = words()
    assert words(lr=0.1, epochs=3, clip=1.0) == plain
    searched = words(lr="search", batch_size="search", schedule="cosine")
    assert searched[: len(plain)] == plain
    assert searched[len(plain) :] == [
        "--training",
        "(training (adamw (0.0005 0.0015 0.005 0.015 0.05)) (batch (16 32 64 128)))",
    ]
    assert words(weight_decay="search", optimizer="sgd", lr=0.1)[-1] == (
        "(training (sgd 0.1 (0.0 0.001 0.003 0.01 0.03 0.1)))"
    )
    assert words(optimizer="search")[-1] == "(training ((adamw adam sgd) 0.005))"
    assert words(augment="search")[-1] == "(training (augment (none flip crop flip-crop)))"


def test_an_engine_is_told_the_memory_and_what_fills_it() -> None:
    assert problem(max_memory=1000).engine_words()[-4:] == [
        *("--max-memory", "1000", "--batch-size", "32")
    ]
    assert problem(max_memory=1000, batch_size="search").engine_words()[-2:] == [
        *("--max-memory", "1000")
    ]


def test_the_evaluator_is_told_what_is_fixed() -> None:
    searched = problem(lr="search", batch_size=64, epochs="search", metric="auc")
    assert searched.evaluator("training") == {
        "name": "training",
        "dataset": "digits",
        "device": "cpu",
        "batch_size": 64,
        "epochs": None,
        "options": {"metric": "auc"},
    }
    offered = searched.evaluator("mine.py:Mine")["offered"]
    assert (offered["batch_size"], offered["lr"], offered["metric"]) == (64, None, "auc")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": 0.0}, "--lr is 0.0, expected a number above 0"),
        ({"label_smoothing": 1.0}, "--label-smoothing is 1.0, expected a number from 0 below 1"),
        ({"dataset": "sklearn:wine", "augment": "flip"}, "--augment is for image inputs, and"),
        ({"dataset": "sklearn:wine", "augment": "search"}, "--augment is for image inputs, and"),
        (
            {"dataset": "sklearn:diabetes", "label_smoothing": 0.1},
            "--label-smoothing is for classification, and sklearn:diabetes is regression",
        ),
        ({"dataset": "sklearn:diabetes", "metric": "auc"}, "--metric is auc, but data set"),
        (
            {"space": "mlp", "table": "t.csv", "metric": "auc"},
            "--metric has no meaning with --table",
        ),
        (
            {"space": "nas-bench-201", "table": "t.csv", "lr": 0.1},
            "--lr has no meaning with --table: nothing is trained",
        ),
    ],
)
def test_what_cannot_be_set(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        problem(**settings).check()
    assert "\n" not in str(caught.value)


def test_what_does_nothing_fits_everywhere() -> None:
    nothing = {"augment": "none", "label_smoothing": 0.0, "clip": 0.0}
    problem(dataset="sklearn:diabetes", **nothing).check()
    recipe.check_fits(Recipe.of(DIGITS, nothing), "tokens", "regression", "any")


def test_defaults_may_be_a_data_sets_own() -> None:
    facts = SimpleNamespace(learning_rate=0.1, batch_size=7, epochs=2)
    assert Recipe.of(facts).batch_size == 7
    with pytest.raises(RecipeError, match="unknown speed of a training, expected optimizer, lr"):
        Recipe.of(facts, {"speed": 3})


# ------------------------------------------------------------------------------ --config


def refused(run_architecto: Any, file: Path, *more: str) -> str:
    done = run_architecto("run", "--config", file, *more)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1 and done.stdout == ""
    return done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read it: No such file or directory"),
        ("lr = ", "no TOML: Invalid value (at end of document)"),
        ("speed = 3", "unknown setting 'speed', expected augment, batch_size, class_weights,"),
        ("lr = 'fast'", "--lr is 'fast', expected a number or search"),
        ("trials = 2.5", "--trials is 2.5, expected a whole number"),
        ("batch-size = 3\nbatch_size = 3", "batch_size is there with a hyphen and without"),
        ("run = 3", "run is 3, expected a string"),
        ("problem = 3", "problem is 3, expected a string"),
        ("problem = 'none'", "problem: got 'none'"),
        (
            "schedule = 'saw'",
            "--schedule is 'saw', expected one-cycle, cosine, constant, linear or search",
        ),
        ("[lr]\nx = 3", "--lr is {'x': 3}, expected a number or search"),
    ],
)
def test_a_file_of_settings_that_cannot_be(
    text: str | None, message: str, run_architecto: Any, tmp_path: Path
) -> None:
    file = tmp_path / "run.toml"
    if text is not None:
        file.write_text(text)
    assert message in refused(run_architecto, file)


def test_the_command_line_wins_over_the_file(run_architecto: Any, tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('batch-size = 0\nspace = "none"\n')
    assert "--batch-size is 0, expected at least 1" in refused(run_architecto, file)
    more = ("--batch-size", "search")
    assert "unknown search space 'none'" in refused(run_architecto, file, *more)
    wrong = refused(run_architecto, file, "--space", "mlp", "--batch-size", "8", "--lr", "x")
    assert "argument --lr: got x, expected a number or search" in wrong
