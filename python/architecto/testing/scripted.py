"""An evaluator for the tests of executors: it does what the answer's text says. No pytest here."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from architecto.evaluators.base import BaseEvaluator, Evaluation, OnEpoch, failed

PATIENCE_S = 60.0
"""Seconds that it waits for a file."""


class Scripted(BaseEvaluator):
    """Words: ``value X``, ``epochs N``, ``raise``, ``die``, ``wait PATH``, ``weights``."""

    objective = "value"

    def __init__(self, start: str = "") -> None:
        if start == "refuse":
            raise ValueError("the evaluator refuses to start")

    def evaluate(
        self,
        answer: str,
        *,
        seed: int,
        weights_path: Path | None,
        facts: Mapping[str, Any] = {},
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """See `BaseEvaluator.evaluate`."""
        value = 0.5
        match answer.split():
            case ["value", number]:
                value = float(number)
            case ["epochs", count]:
                for epoch in range(1, int(count) + 1):
                    if on_epoch is not None:
                        on_epoch(epoch, int(count), epoch / 10)
            case ["raise"]:
                raise RuntimeError("two\nlines")
            case ["die"]:
                os._exit(3)
            case ["wait", path]:
                until = time.monotonic() + PATIENCE_S
                while not Path(path).exists():
                    if time.monotonic() > until:
                        return failed(f"{path} never came: did a method of the executor block?")
                    time.sleep(0.01)
            case ["weights"] if weights_path is not None:
                weights_path.write_bytes(b"weights")
        return Evaluation("complete", metrics={"value": value}, facts={"seed": seed, **facts})
