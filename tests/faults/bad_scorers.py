"""Scorers that break their promise, each in its way, and one that keeps it."""

import contextlib
import time

import torch

from architecto.scorers.base import BaseScorer


class Short(BaseScorer):
    def score(self, task, choices):
        return torch.tensor([-float(len(choice)) for choice in choices])


class Raises(BaseScorer):
    def score(self, task, choices):
        return 1 / 0


class NotANumber(BaseScorer):
    def score(self, task, choices):
        return torch.full((len(choices),), float("nan"))


class OneTooMany(BaseScorer):
    def score(self, task, choices):
        return torch.zeros(len(choices) + 1)


class Hangs(BaseScorer):
    def score(self, task, choices):
        time.sleep(10_000)


class CannotBeInterrupted(BaseScorer):
    def score(self, task, choices):
        while True:
            with contextlib.suppress(TimeoutError):
                time.sleep(10_000)


class HangsWhenMade(BaseScorer):
    def __init__(self):
        time.sleep(10_000)

    def score(self, task, choices):
        return torch.zeros(len(choices))
