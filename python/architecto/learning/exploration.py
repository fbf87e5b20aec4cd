"""How a guide explores: which candidate it picks at a step, which answer it has evaluated.

Plain functions of scores and numbers; a test can do the sums by hand.
"""

from __future__ import annotations

import math
import random

import torch
from scipy.stats import norm
from torch import Tensor

from architecto.scorers.random import step_seed


def epsilon_after(trials: int, *, warm_up: int, least: float, decay: float) -> float:
    """Rate of random episodes after some trials: 1 during the warm-up, then falling to `least`."""
    after = trials - warm_up
    return 1.0 if after < 0 else least + (1 - least) * decay**after


def explore(
    opinions: list[list[float]],
    indices: list[int],
    *,
    at: tuple[int, int, int],
    epsilon: float,
    temperature: float,
) -> int:
    """Position of the candidate to pick.

    opinions: Q-values `[candidate][member]`; indices: of the candidates, the lowest wins a tie
    at: seed, episode and step, of which all randomness here is a function
    """
    seed, episode, step = at
    of_step = random.Random(step_seed(seed, episode, step))
    of_episode = random.Random(step_seed(seed, episode))  # draws the same at each of its steps
    # ε-greedy (Sutton and Barto 2018, section 2.2), but by whole episodes: one random pick among
    # good ones rarely leads to an answer of another kind, a walk of random ones does.
    if of_episode.random() < epsilon:
        return of_step.randrange(len(indices))
    # Thompson sampling (bootstrapped DQN, Osband et al. 2016, algorithm 1): the members of an
    # ensemble are draws from what the scorer believes; one of them is taken at its word for a
    # whole episode, so that a belief is followed to the end and not averaged away at each step.
    member = of_episode.randrange(len(opinions[0]))
    # Boltzmann exploration by the Gumbel-max trick (Gumbel 1954; Maddison et al. 2014, section 2):
    # with g = −log(−log u), u uniform in (0, 1), independent for each candidate,
    #     P(argmax_i (q_i + τ g_i) = k) = exp(q_k / τ) / Σ_i exp(q_i / τ),
    # so the argmax below is a draw from the softmax of q / τ without a sum of exponentials.
    noise = [-math.log(-math.log(of_step.random() or 1e-300)) for _ in indices]
    noisy = [o[member] + temperature * g for o, g in zip(opinions, noise, strict=True)]
    return max(range(len(indices)), key=lambda i: (noisy[i], -indices[i]))


def expected_improvement(mean: Tensor, deviation: Tensor, best: float) -> Tensor:
    """By how much each answer is expected to beat the best one, `[answer]`, not negative.

    For a value v ~ N(μ, σ²), as a Gaussian process gives it (Jones et al. 1998, equation 15),

        E[max(v − best, 0)] = σ (z Φ(z) + φ(z)),  z = (μ − best) / σ:

    large where the mean is high, and where nobody knows. An answer that is surely worse is worth
    nothing, one that is surely better what it is better by.
    """
    z = (mean - best) / deviation
    return deviation * (z * torch.from_numpy(norm.cdf(z)) + torch.from_numpy(norm.pdf(z)))
