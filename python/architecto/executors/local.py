"""Runs evaluations in worker processes on this machine.

A worker imports torch once and is kept. One that dies is replaced, and its evaluation begins again;
the second worker that dies at it takes it along. Nothing here imports torch or blocks, so that a
server can poll it in its loop.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from architecto.evaluators.base import Evaluation, failed
from architecto.executors.base import BaseExecutor, ExecutorError, Finished, Progress

MAX_STARTS = 3
"""How often in a row a worker may die while it starts before the executor gives up."""

MAX_TRIES = 2
"""Workers that may die at one evaluation before it has failed. It has failed for the machine's
reasons, such as memory that ran out: the network is not judged by that."""

ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    )
}
"""A worker computes in one thread: more of them slow down small networks and whatever runs beside
them, and would make results depend on the machine."""


class LocalExecutor(BaseExecutor):
    """A fixed number of workers, each with at most one evaluation at a time."""

    def __init__(
        self,
        spec: dict[str, Any],
        workers: int = 1,
        *,
        limit_seconds: float = 3600.0,
        log: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts the workers, which load torch and data while the caller goes on.

        spec: the evaluator, see `architecto.evaluators`.
        limit_seconds: wall-clock time after which a worker that gave no result is ended.
        log: file to which the workers' standard error is appended; None for a temporary one.
        """
        self._spec = spec
        self._limit_seconds = limit_seconds
        self._clock = clock
        self._log: IO[bytes] = open(log, "ab+") if log else tempfile.TemporaryFile()  # noqa: SIM115
        self._failed_starts = 0
        self._workers = [_Worker(spec, self._log) for _ in range(workers)]

    def free(self) -> int:
        """See `BaseExecutor.free`."""
        return sum(worker.trial is None for worker in self._workers)

    def submit(
        self,
        trial: int,
        answer: str,
        *,
        seed: int,
        weights_path: Path | None,
        facts: Mapping[str, Any] = {},
    ) -> None:
        """See `BaseExecutor.submit`. If a worker is still starting, the evaluation begins when it
        is ready."""
        for worker in self._workers:
            if worker.trial is None:
                break
        else:
            raise ExecutorError("every worker is busy; submit when free() is above 0")
        request = {
            "trial": trial,
            "answer": answer,
            "seed": seed,
            "weights_path": None if weights_path is None else str(weights_path),
            "facts": dict(facts),
        }
        worker.begin(trial, self._clock(), (json.dumps(request) + "\n").encode(), tries=1)

    def filenos(self) -> list[int]:
        """See `BaseExecutor.filenos`. They change when a worker is replaced; a limit on time is
        noticed only by calling `poll`."""
        return [worker.fileno() for worker in self._workers]

    def poll(self) -> list[Progress | Finished]:
        """See `BaseExecutor.poll`. It also raises if workers die while they start."""
        events: list[Progress | Finished] = []
        for place, worker in enumerate(self._workers):
            for message in worker.receive():
                self._take(worker, message, events)
            seconds = self._clock() - worker.began
            if worker.closed:
                reason = worker.obituary(self._log)
                if not worker.ready:
                    self._failed_starts += 1
                    if self._failed_starts >= MAX_STARTS:
                        raise ExecutorError(f"no evaluation worker can be started: {reason}")
                tries = worker.tries + worker.ready  # one that never began has not tried
                self._replace(place, again=tries <= MAX_TRIES, tries=tries)
                if worker.trial is not None and tries > MAX_TRIES:
                    reason += f" (tried {MAX_TRIES} times)"
                    evaluation = failed(reason, seconds=seconds, judged=False)
                    events.append(Finished(worker.trial, evaluation))
            elif worker.trial is not None and seconds > self._limit_seconds:
                reason = f"it took longer than {self._limit_seconds:g} s and was ended"
                self._replace(place, again=False)
                events.append(Finished(worker.trial, failed(reason, seconds=seconds)))
        return events

    def _replace(self, place: int, *, again: bool, tries: int = 1) -> None:
        """Put a new worker in the place of one; ``again``: it takes its evaluation over."""
        old = self._workers[place]
        old.end()
        new = self._workers[place] = _Worker(self._spec, self._log)
        if again and old.trial is not None:
            new.begin(old.trial, self._clock(), old.request, tries=tries)

    def close(self) -> None:
        """Ends the workers. Evaluations under way are lost."""
        for worker in self._workers:
            worker.end()
        self._log.close()

    def _take(
        self, worker: _Worker, message: dict[str, Any], events: list[Progress | Finished]
    ) -> None:
        match message:
            case {"event": "ready"}:
                worker.ready = True
                self._failed_starts = 0
            case {"event": "refused", "reason": reason}:
                raise ExecutorError(reason)
            case {"event": "progress", "trial": trial}:
                events.append(
                    Progress(trial, message["epoch"], message["epochs"], message["value"])
                )
            case {"event": "finished", "trial": trial, "evaluation": evaluation}:
                worker.trial = None
                events.append(Finished(trial, Evaluation.from_json(evaluation)))


class _Worker:
    """One worker process; `trial` is what it works on, `closed` says that its stdout has ended."""

    def __init__(self, spec: dict[str, Any], log: IO[bytes]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "architecto.executors.worker", json.dumps(spec)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **ONE_THREAD},
            start_new_session=True,  # a Ctrl-C in the terminal is for the parent
        )
        os.set_blocking(self.fileno(), False)
        self.log_start = log.seek(0, os.SEEK_END)
        self.ready = False
        self.closed = False
        self.trial: int | None = None
        self.request = b""
        self.tries = 0
        """Which try at its evaluation this is, counted from 1."""
        self.began = 0.0
        self._partial = b""

    def fileno(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def begin(self, trial: int, now: float, request: bytes, *, tries: int) -> None:
        """A worker that died meanwhile is noticed when its stdout ends."""
        self.trial, self.began, self.request, self.tries = trial, now, request, tries
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(request)
            self.process.stdin.flush()

    def receive(self) -> list[dict[str, Any]]:
        """The messages that have arrived whole."""
        while not self.closed:
            try:
                data = os.read(self.fileno(), 1 << 16)
            except BlockingIOError:
                break
            self._partial += data
            self.closed = not data
        *lines, self._partial = self._partial.split(b"\n")
        return [json.loads(line) for line in lines]

    def obituary(self, log: IO[bytes]) -> str:
        """Why a worker whose stdout has ended is dead."""
        status = self.process.wait()
        if status < 0:
            return f"the evaluation worker was ended by signal {-status}"
        log.seek(max(self.log_start, log.seek(0, os.SEEK_END) - 4096))
        last = log.read().decode(errors="replace").strip().splitlines()[-1:]
        return f"the evaluation worker ended with status {status}" + "".join(f": {x}" for x in last)

    def end(self) -> None:
        """Kills the process and everything in its session, and collects its status."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
