"""The agent process, ``python -m architecto serve``: server, agent, study, parent of evaluators.

It ends on SIGTERM or SIGINT, when the run is done, and, if it is told to watch its stdin, when that
closes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from architecto.conversation import endpoint
from architecto.runs import configuration
from architecto.runs.configuration import Configuration

if TYPE_CHECKING:
    from architecto.runs.run import Run

GRACE_S = 5.0
"""Seconds that a finished agent waits for engines to fetch the order to stop."""
HARD_END_S = 10.0
"""Seconds after its stdin closed in which the process ends, whatever it is doing."""


class Stop:
    """Set when the process is to end: its stdin closed, or it got a signal."""

    def __init__(self) -> None:
        self._event = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, lambda *_: self._event.set())

    def watch_stdin(self) -> None:
        """Watch stdin from a thread, which also ends a process that hangs."""
        threading.Thread(target=self._watch, daemon=True).start()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def _watch(self) -> None:
        while os.read(0, 4096):
            pass
        self._event.set()
        time.sleep(HARD_END_S)
        os._exit(1)


def serve_run(
    run_dir: Path,
    at: str | None,
    keys: Path | None = None,
    *,
    end_with_stdin: bool = False,
    allow_scorer_files: bool = False,
) -> int:
    """Serve the run in a directory until it is done; gives the exit status.

    0: done, or told to end. 2: the run cannot go on, and stderr says why in one line.
    """
    stop = Stop()
    settings = configuration.load(run_dir)
    listening = at or endpoint.fresh()
    endpoint.check(listening, keys=keys is not None)
    if end_with_stdin:
        stop.watch_stdin()
    from architecto.runs.run import Run  # imports torch: seconds

    files = allow_scorer_files or not listening.startswith("tcp://")
    try:
        try:
            run = Run(run_dir, settings, listening, keys=keys, scorer_files=files)
        except OSError as error:
            raise ValueError(f"the run in {run_dir} cannot be read or written: {error}") from None
        gc.freeze()  # what is loaded stays: collections need not look at it each time
        work(run, listening, stop=lambda: bool(stop))
    finally:
        endpoint.remove(listening, directory=at is None)
    if run.failure:
        print(run.failure, file=sys.stderr)
        return 2
    run.show()
    return 0


def work(
    run: Run, at: str, *, stop: Callable[[], bool], between: Callable[[], None] = lambda: None
) -> None:
    """Have a run work until it is done or ``stop()``, and close it.

    ``between()`` is called when no request is being carried out, several times a second.
    """
    connection = run.run_dir / "connection.json"
    written = False
    try:
        try:
            endpoint.write_connection(connection, at)
            written = True
        except OSError as error:
            run.failure = f"the run in {run.run_dir} cannot be written: {error}"
        while not stop() and not run.finished:
            between()
            run.work(0.2)
        until = time.monotonic() + GRACE_S
        while run.finished and not (run.failure or run.engines_left or stop()):
            if time.monotonic() > until:
                break
            run.work(0.1)
    finally:
        run.close()
        if written:
            with contextlib.suppress(OSError):
                connection.unlink(missing_ok=True)


def serve_scores(
    settings: Configuration,
    at: str | None,
    keys: Path | None = None,
    *,
    end_with_stdin: bool = False,
    allow_scorer_files: bool = False,
) -> int:
    """Serve scores and picks without evaluating anything, for the REPL."""
    stop = Stop()
    listening = at or endpoint.fresh()
    endpoint.check(listening, keys=keys is not None)
    if end_with_stdin:
        stop.watch_stdin()
    import functools
    import json

    import zmq

    from architecto import scorers
    from architecto.conversation.server import Server
    from architecto.conversation.service import Service
    from architecto.learning.agent import Agent

    load_scorer = functools.partial(scorers.load, seed=settings.seed, settings=settings.guide)
    scorer = load_scorer(settings.scorer)
    agent = Agent(scorer, task=settings.task, seed=settings.seed, settings=settings.guide)
    service = Service(
        agent,
        seed=settings.seed,
        load_scorer=load_scorer,
        scorer_files=allow_scorer_files or not listening.startswith("tcp://"),
        scoring_s=settings.scorer_seconds,
    )
    server = Server(service)
    context = zmq.Context()
    socket = server.bind(context, listening, keys)
    if listening.startswith("tcp://"):
        listening = socket.getsockopt_string(zmq.LAST_ENDPOINT)  # tells the port
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    try:
        print(json.dumps({"v": 1, "endpoint": listening, "pid": os.getpid()}), flush=True)
        gc.freeze()
        while not stop:
            if poller.poll(200):
                server.receive()
    finally:
        server.close()
        context.term()
        endpoint.remove(listening, directory=at is None)
    return 0
