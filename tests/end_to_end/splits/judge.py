"""Judges the splits of splits.rkt: how near the parts' lengths are to 2, 8 and 2."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from architecto.evaluators.base import BaseEvaluator, Evaluation, OnEpoch
from architecto.problems import sexpression

WANTED = (2, 8, 2)


class Nearness(BaseEvaluator):
    """1 for the wanted lengths, less by a twentieth for each letter in a wrong place."""

    objective = "nearness"

    def evaluate(
        self,
        answer: str,
        *,
        seed: int,
        weights_path: Path | None,
        facts: Mapping[str, Any] = {},
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        parts = sexpression.read(answer)
        assert isinstance(parts, list)
        lengths = [len(part) for part in parts if isinstance(part, list)]
        off = sum(abs(got - wanted) for got, wanted in zip(lengths, WANTED, strict=True))
        return Evaluation(status="complete", metrics={"nearness": 1 - off / 20})


def centred(evaluation: Evaluation) -> float:
    """A reward: from a nearness in [0, 1] to [-1, 1]."""
    return 2 * evaluation.metrics["nearness"] - 1
