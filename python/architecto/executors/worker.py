"""The worker process: evaluates one answer after another, `python -m …worker SPEC`.

JSON lines, written down here since only `executors/local.py` speaks them:

    stdin   {"trial": 3, "answer": "(architecture …)", "seed": 7, "weights_path": null,
             "facts": {"parameters": 650}}
    stdout  {"event": "ready"}                                once, when torch and data are loaded
            {"event": "refused", "reason": "…"}               instead: the evaluator cannot be used
            {"event": "progress", "trial": 3, "epoch": 1, "epochs": 8, "value": 0.9}
            {"event": "finished", "trial": 3, "evaluation": {…}}

The process ends as soon as its stdin closes, whatever it is doing: its parent wants it, or is dead.
Nothing else can write to stdout: file descriptor 1 is made a copy of stderr before torch is loaded.
"""

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any, TextIO


def main(spec: dict[str, Any]) -> int:
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()

    from architecto.catalogue import CatalogueError
    from architecto.evaluators import create

    try:
        evaluator = create(spec)
    except CatalogueError as error:
        _reply(replies, {"event": "refused", "reason": str(error)})
        return 1
    _reply(replies, {"event": "ready"})
    while True:
        _reply(replies, _evaluate(evaluator, json.loads(requests.get()), replies))


def _evaluate(evaluator: Any, request: dict[str, Any], replies: TextIO) -> dict[str, Any]:
    from architecto.evaluators.base import carried_out

    trial, path = request["trial"], request["weights_path"]

    def on_epoch(epoch: int, epochs: int, value: float) -> None:
        progress = {"trial": trial, "epoch": epoch, "epochs": epochs, "value": float(value)}
        _reply(replies, {"event": "progress", **progress})

    evaluation = carried_out(
        evaluator,
        request["answer"],
        seed=request["seed"],
        weights_path=None if path is None else Path(path),
        facts=request["facts"],
        on_epoch=on_epoch,
    )
    return {"event": "finished", "trial": trial, "evaluation": evaluation.as_json()}


def _listen(requests: "queue.Queue[str]") -> None:
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)


def _reply(replies: TextIO, message: dict[str, Any]) -> None:
    replies.write(json.dumps(message) + "\n")
    replies.flush()


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
