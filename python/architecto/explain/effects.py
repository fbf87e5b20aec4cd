"""What raises or lowers the score over many choices: tokens, and pairs of layers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from architecto.scorers.base import BaseScorer

from . import reading
from .attribution import Place, occlusion, spans

FEWEST = 3
"""A token or pair that stands in fewer choices is left out: its mean would say nothing."""


@dataclass(frozen=True)
class Effect:
    """Mean effect of a token or pair on the score, see `attribution`.

    error: standard error of the mean; choices: number of choices in which it stands (several times
    in one choice count once, with their mean)
    """

    name: str
    mean: float
    error: float
    choices: int


@dataclass(frozen=True)
class Effects:
    """What raises the score most comes first."""

    tokens: list[Effect]
    pairs: list[Effect]


def effects(scorer: BaseScorer, task: str, places: Iterable[Place]) -> Effects:
    """Occlude every token and every layer of the choices picked at some places."""
    tokens: dict[str, list[float]] = defaultdict(list)
    pairs: dict[str, list[float]] = defaultdict(list)
    for place in places:
        text = place.candidates[place.picked]
        found = spans(scorer, task, text)
        offset = len(task) + len(" | ")
        named = {(a + offset, b + offset): name for a, b, name in reading.names(text)}
        layers = reading.layers(text)
        groups = [[i] for i in range(len(found))]
        labels = [[named[span]] if span in named else [] for span in found]
        for layer in layers:
            inside = [
                i
                for i, (start, end) in enumerate(found)
                if layer.start + offset <= start and end <= layer.end + offset
            ]
            if inside:
                groups.append(inside)
                labels.append(layer.names)
        values = occlusion(scorer, task, place, groups)
        for table, some in ((tokens, slice(len(found))), (pairs, slice(len(found), None))):
            here: dict[str, list[float]] = defaultdict(list)
            for label, value in zip(labels[some], values[some], strict=True):
                for name in label:
                    here[name].append(value)
            for name, several in here.items():
                table[name].append(sum(several) / len(several))
    return Effects(_ranked(tokens), _ranked(pairs))


def _ranked(table: dict[str, list[float]]) -> list[Effect]:
    found = [_effect(name, values) for name, values in table.items() if len(values) >= FEWEST]
    return sorted(found, key=lambda effect: -effect.mean)


def _effect(name: str, values: list[float]) -> Effect:
    n = len(values)
    mean = sum(values) / n
    variance = sum((value - mean) ** 2 for value in values) / (n - 1)
    return Effect(name, mean, math.sqrt(variance / n), n)
