"""Rewards: by name, where they judge nothing, and the loss-curve reward."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from architecto import rewards
from architecto.evaluators.base import Evaluation, failed
from architecto.rewards import RewardError
from architecto.rewards.loss_curve import loss_curve_reward

CHANCE = math.log(10)
"""The loss of a uniform guess among 10 classes."""


BALANCED = Evaluation("complete", metrics={"balance": 0.7}, objective="balance")


def test_the_objective_is_brought_to_the_range_of_rewards() -> None:
    assert rewards.judged(rewards.create("objective"), BALANCED) == pytest.approx(0.4)
    worse = Evaluation("complete", metrics={"validation_r2": -3.0}, objective="validation_r2")
    assert rewards.judged(rewards.create("objective"), worse) == -1.0


def test_a_failure_is_minus_one_and_that_of_the_machine_is_not_judged() -> None:
    for name in ("objective", "loss-curve"):
        assert rewards.judged(rewards.create(name), failed("diverged")) == -1.0
        assert rewards.judged(rewards.create(name), failed("no memory", judged=False)) is None


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("def mine(evaluation): return evaluation.value - 1", -0.3),
        ("def mine(evaluation): return 1 / 0", "reward mine raised ZeroDivisionError: division"),
        ("def mine(evaluation): return float('nan')", "reward mine: got nan, expected a number"),
        ("def mine(evaluation): return 1.5", r"reward mine: got 1.5, expected a number in \[-1, 1"),
        (
            "def mine(evaluation): return 'a\\nb'",
            "reward mine raised ValueError: could not convert",
        ),
        ("mine = 3", "got int mine, expected a subclass of .* or a function"),
    ],
)
def test_a_function_in_a_file(tmp_path: Path, source: str, value: float | str) -> None:
    (tmp_path / "my_rewards.py").write_text(source)
    if isinstance(value, float):
        mine = rewards.create(f"{tmp_path}/my_rewards.py:mine")
        assert rewards.judged(mine, BALANCED) == pytest.approx(value)
        return
    with pytest.raises(RewardError, match=value) as caught:
        rewards.judged(rewards.create(f"{tmp_path}/my_rewards.py:mine"), BALANCED)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "evaluation", "message"),
    [
        ("loss-curve", BALANCED, "reward loss-curve: the evaluation has no curve training_loss"),
        (
            "objective",
            Evaluation("complete", metrics={"cost": 17}, objective="cost"),
            r"reward objective: got cost 17, expected an objective in \[0, 1\]",
        ),
        ("losscurve", BALANCED, "reward: got 'losscurve', expected loss-curve, objective, path/to"),
    ],
)
def test_a_reward_that_does_not_suit_is_one_line(
    name: str, evaluation: Evaluation, message: str
) -> None:
    with pytest.raises(RewardError, match=message) as caught:
        rewards.judged(rewards.create(name), evaluation)
    assert "\n" not in str(caught.value)


def reward(relative: "np.typing.ArrayLike") -> float:
    """The reward of losses given in units of chance."""
    return loss_curve_reward(list(np.asarray(relative, dtype=float) * CHANCE), CHANCE)


def times(n: int) -> "np.typing.NDArray[np.float64]":
    return np.arange(1, n + 1) / n


def test_chance_is_zero_and_no_loss_is_one() -> None:
    assert reward([1.0] * 100) == pytest.approx(0.0, abs=1e-6)
    assert reward([0.0] * 100) == pytest.approx(1.0, abs=1e-2)


def test_a_rising_loss_is_negative_and_three_times_chance_is_minus_one() -> None:
    assert -1 < reward(np.linspace(1.0, 1.5, 100)) < 0
    assert reward([3.0] * 100) == -1.0
    assert reward([1000.0] * 100) == -1.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 3])
def test_a_loss_that_is_no_number_is_minus_one(bad: float, place: int) -> None:
    losses = [2.0, 1.5, 1.0, 0.5]
    losses[place] = bad
    assert loss_curve_reward(losses, CHANCE) == -1.0


def test_no_losses_are_minus_one() -> None:
    assert loss_curve_reward([], CHANCE) == -1.0


def test_one_batch_suffices() -> None:
    assert reward([0.6]) == pytest.approx(0.4, abs=1e-6)
    assert reward([1.7]) == pytest.approx(-0.7, abs=1e-6)


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match=r"above 0, got 0\.0"):
        loss_curve_reward([1.0], math.log(1))


@given(k=st.floats(0.1, 200), asymptote=st.floats(0, 1), n=st.integers(20, 600))
def test_an_exponential_gives_one_minus_its_end(k: float, asymptote: float, n: int) -> None:
    curve = asymptote + (1 - asymptote) * np.exp(-k * times(n))
    assert reward(curve) == pytest.approx(1 - curve[-1], abs=0.01)


@given(p=st.floats(0.05, 3), asymptote=st.floats(0, 1), n=st.integers(20, 600))
def test_a_power_law_gives_one_minus_its_end(p: float, asymptote: float, n: int) -> None:
    curve = asymptote + (1 - asymptote) * (1 + n * times(n)) ** -p
    assert reward(curve) == pytest.approx(1 - curve[-1], abs=0.01)


@given(seed=st.integers(0, 1000), end=st.floats(0.1, 0.9))
def test_the_noise_of_batches_hardly_matters(seed: int, end: float) -> None:
    curve = end + (1 - end) * np.exp(-8 * times(300))
    noise = np.random.default_rng(seed).normal(scale=0.1, size=300)
    assert reward(np.clip(curve + noise, 0, None)) == pytest.approx(1 - end, abs=0.06)


@given(st.lists(st.floats(0, 1e6), max_size=60), st.integers(2, 1000))
def test_any_losses_give_a_reward_in_range(losses: list[float], classes: int) -> None:
    assert -1.0 <= loss_curve_reward(losses, math.log(classes)) <= 1.0


@given(st.lists(st.floats(), max_size=20))
def test_whatever_comes_in_a_number_comes_out(losses: list[float]) -> None:
    assert -1.0 <= loss_curve_reward(losses, CHANCE) <= 1.0


@given(
    relative=st.lists(st.floats(0, 2), min_size=1, max_size=50),
    classes=st.tuples(st.integers(2, 100), st.integers(2, 100)),
)
def test_only_the_loss_relative_to_chance_counts(
    relative: list[float], classes: tuple[int, int]
) -> None:
    first, second = (
        loss_curve_reward([x * math.log(count) for x in relative], math.log(count))
        for count in classes
    )
    assert first == pytest.approx(second, abs=1e-3)


@given(low=st.floats(0, 0.9), gap=st.floats(0.05, 0.5), k=st.floats(2, 50))
def test_a_network_that_ends_lower_gets_more(low: float, gap: float, k: float) -> None:
    def run(end: float) -> float:
        return reward(end + (1 - end) * np.exp(-k * times(200)))

    assert run(low) > run(low + gap)
