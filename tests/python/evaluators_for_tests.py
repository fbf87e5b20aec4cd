"""Evaluators without torch, for tests of the worker and the executor."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from architecto.evaluators.base import Evaluation, OnEpoch, failed
from architecto.testing.scripted import Scripted


class Misbehaving(Scripted):
    """Does what the kit's evaluator does at an answer's words, and worse things."""

    objective = "score"

    def __init__(self, start: str = "") -> None:
        if start == "refuse":
            raise ValueError("no such device")
        if start == "die":
            print("out of luck", file=sys.stderr)
            os._exit(3)

    def evaluate(
        self,
        answer: str,
        *,
        seed: int,
        weights_path: Path | None,
        facts: Mapping[str, Any] = {},
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        match answer.split():
            case ["print"]:
                print('{"event": "finished", "trial": 0}')
                os.system("echo from a child")
                os.write(1, b"from the file descriptor\n")
            case ["epochs", _] | ["raise"]:
                super().evaluate(answer, seed=seed, weights_path=None, on_epoch=on_epoch)
            case ["fail"]:
                return failed("a reason")
            case ["kill"]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["once", path] if not Path(path).exists():
                Path(path).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            case ["exit"]:
                print("the last words", file=sys.stderr, flush=True)
                os._exit(7)
            case ["sleep", seconds]:
                time.sleep(float(seconds))
            case ["environment"]:
                return failed(str(os.environ.get("OMP_NUM_THREADS")))
            case ["pid"]:
                return failed(str(os.getpid()))
            case ["long"]:
                return failed("long", curves={"training_loss": [0.123456789] * 50_000})
            case ["none"]:
                return None  # type: ignore[return-value]
        return Evaluation("complete", metrics={"score": 0.9, "parameters": seed}, seconds=0.1)
