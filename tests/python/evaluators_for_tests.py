"""Evaluators without torch, for tests of the worker and the executor."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from architecto.evaluators.base import BaseEvaluator, Evaluation, OnEpoch, failed


class Scripted(BaseEvaluator):
    """Does what the architecture text says: a word, or words separated by spaces."""

    def __init__(self, start: str = "") -> None:
        if start == "refuse":
            raise ValueError("no such device")
        if start == "die":
            print("out of luck", file=sys.stderr)
            os._exit(3)

    def evaluate(
        self,
        architecture: str,
        *,
        seed: int,
        weights_path: Path | None,
        facts: Mapping[str, Any] = {},
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        match architecture.split():
            case ["print"]:
                print('{"event": "finished", "trial": 0}')
                os.system("echo from a child")
                os.write(1, b"from the file descriptor\n")
            case ["epochs", count]:
                for epoch in range(1, int(count) + 1):
                    if on_epoch is not None:
                        on_epoch(epoch, int(count), epoch / 10)
            case ["raise"]:
                raise RuntimeError("two\nlines")
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
                return Evaluation("complete", os.environ.get("OMP_NUM_THREADS"), 0.0)
            case ["pid"]:
                return Evaluation("complete", str(os.getpid()), 0.0)
            case ["long"]:
                return Evaluation("complete", None, 0.5, losses=[0.123456789] * 50_000)
        return Evaluation(
            "complete", None, 0.5, [1.0], [0.9], 0.9, 0.8, parameters=seed, seconds=0.1
        )
