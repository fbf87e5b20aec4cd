"""The API for notebooks and scripts: `search`, `resume`, and `Search` for a run in the background.

A search is a run like any other: the same directory, engines and evaluation workers as processes of
their own. Only the agent, which calls the scorer, works in a thread of this process, so that any
object can be the scorer. Importing this module imports no torch.
"""

from __future__ import annotations

import atexit
import dataclasses
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto import problems, scorers
from architecto.conversation import endpoint
from architecto.runs import configuration, serve, supervisor
from architecto.runs.configuration import Configuration
from architecto.runs.result import Result

if TYPE_CHECKING:
    from architecto.runs.run import Run
    from architecto.scorers.base import BaseScorer

Scores = Callable[[str, list[str]], Any]
"""A function from the task and the texts of choices to one number a choice, higher is better."""


PATIENCE_S = 60.0
"""Seconds that the agent's thread has to end: it may be in the midst of learning."""


class SearchFailed(RuntimeError):
    """The run cannot go on; the message is one line."""


def search(
    *, scorer: str | BaseScorer | Scores = "transformer", run: str | None = None, **settings: Any
) -> Result:
    """Find, train and rank networks; returns when all trials are done.

    scorer: a name as for the command line, a BaseScorer, or any function ``f(task, choices)`` that
        gives one number a choice
    run: name of the run below ``runs/``, or a path with a slash; the next free one if None
    settings: see `help(architecto.Configuration)` and, for those of the problem,
        `help(architecto.NetworkSettings)`: space, dataset, trials, seed, max_params, epochs, …
        dataset may also be arrays `(X, y)`, a pandas table with `target=`, a torch Dataset, or a
        pair of them for training and test: the run keeps them in files of its own

    An interrupt (Ctrl-C) ends the processes of the run and is raised again; `resume` goes on.
    Raises ValueError with one line for a setting that is unknown or cannot work, SearchFailed if
    the run breaks off.
    """
    return Search(scorer=scorer, run=run, **settings).start().wait()


def resume(
    run: str, *, scorer: BaseScorer | Scores | None = None, trials: int | None = None
) -> Result:
    """Go on with a run that was interrupted, or with more trials; returns when they are done.

    scorer: needed where the run's was an object; another one than the run's takes its place
    trials: of the whole run; as before if None
    """
    return Search.resume(run, scorer=scorer, trials=trials).start().wait()


class Search:
    """A run whose agent works in a thread of this process::

        running = Search(space="cnn", dataset="digits", trials=50).start()
        running.scorer = MyScorer()         # takes over at the next step
        result = running.wait()

    Arguments as for `search`. The directory is made at once, and the processes with `start`. A
    scorer that never returns holds up its run, since a thread cannot be interrupted; in a run of
    the command line, where the agent is a process, such a scorer is replaced.
    """

    def __init__(
        self,
        *,
        scorer: str | BaseScorer | Scores = "transformer",
        run: str | None = None,
        **settings: Any,
    ) -> None:
        named = scorer if isinstance(scorer, str) else "uniform"
        problem = settings.get("problem", Configuration.problem)
        with tempfile.TemporaryDirectory(prefix="architecto-") as folder:
            known = problems.stored(problem, settings, Path(folder))
            given = Configuration.of(**known, scorer=named)
            configuration.check(given)
            introduction = given.searched.introduction()
            wanted = configuration.absolute(given)
            configuration.free_directory(run, wanted)
            wanted = configuration.prepared(wanted)
        first = _made(wanted.scorer if isinstance(scorer, str) else scorer, wanted)
        wanted = dataclasses.replace(wanted, scorer=first.spec)
        run_dir = configuration.run_directory(run, wanted)
        if known is not settings:  # objects: the run keeps them
            wanted = wanted.but(**problems.stored(problem, settings, run_dir.resolve() / "data"))
            wanted = dataclasses.replace(wanted, scorer=first.spec)
            wanted.save(run_dir)
        if introduction:
            print(introduction)
        self._prepare(run_dir, wanted, first)

    @classmethod
    def resume(
        cls,
        run: str,
        *,
        scorer: str | BaseScorer | Scores | None = None,
        trials: int | None = None,
    ) -> Search:
        """The search of a run that was interrupted, or made anywhere else; see `resume`."""
        run_dir = configuration.existing_directory(run)
        settings = configuration.load(run_dir)
        if trials is not None:
            settings = settings.but(trials=trials)
        given = None if scorer is None else _made(scorer, settings)
        named = settings.scorer if given is None else "uniform"
        configuration.check(dataclasses.replace(settings, scorer=named))
        configuration.fetch(settings)
        if given is not None:
            settings = dataclasses.replace(settings, scorer=given.spec)
        settings.save(run_dir)
        made = cls.__new__(cls)
        made._prepare(run_dir, settings, given, new=False)
        return made

    def _prepare(
        self, run_dir: Path, settings: Configuration, scorer: BaseScorer | None, *, new: bool = True
    ) -> None:
        self.run_dir, self.settings, self._new = run_dir, settings, new
        self._scorer = scorer
        """The scorer that the agent is to use from its next step on; None: it has it already."""
        self._last: BaseScorer | None = scorer
        self._run: Run | None = None
        self._engines: list[supervisor.Child] = []
        self._stop, self._ended = threading.Event(), threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True, name="architecto")

    def start(self) -> Search:
        """Start the processes of the run; returns at once."""
        if self._thread.ident is not None:
            raise RuntimeError("the search has been started before: resume makes a new one")
        print(f"run {self.run_dir}: starting")
        atexit.register(self.stop)
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        """Is the run at work?"""
        return self._thread.ident is not None and not self._ended.is_set()

    @property
    def scorer(self) -> BaseScorer | None:
        """The scorer that makes the picks; None until the processes have started.

        Set it at any time, to what `search` takes: it makes the picks from the next step on, and a
        scorer that learns learns from the trials so far. Raises ScorerError if it is none.
        """
        run = self._run
        return self._scorer or (run.service.agent.scorer if run else self._last)

    @scorer.setter
    def scorer(self, scorer: str | BaseScorer | Scores) -> None:
        self._scorer = _made(scorer, self.settings)

    @property
    def result(self) -> Result:
        """The trials so far."""
        if self._new and self._run is None and not self._ended.is_set():
            return Result(self.run_dir, [], None)
        return Result.read(self.run_dir)

    def wait(self) -> Result:
        """Wait until all trials are done; an interrupt stops the search and is raised again."""
        try:
            while self.running:  # a join that is interrupted takes the thread for ended
                self._ended.wait(0.2)
        except KeyboardInterrupt:
            self.stop()
            name = configuration.run_name(self.run_dir)
            print(f"stopped; to go on: architecto.resume({name!r})")
            raise
        if self._error is not None:
            raise self._error
        return self.result

    def stop(self) -> None:
        """End the processes of the run, in order; `Search.resume` goes on with it.

        Raises SearchFailed if the scorer does not return.
        """
        atexit.unregister(self.stop)
        self._stop.set()
        for engine in self._engines:
            engine.ask_to_end()
        if self.running and not self._ended.wait(PATIENCE_S):
            raise SearchFailed(f"the scorer has not returned for {PATIENCE_S:g} s: still stopping")

    # ------------------------------------------------------------------------- in the thread

    def _work(self) -> None:
        at = endpoint.fresh()
        try:
            from rich.console import Console

            from architecto.runs.run import Run  # imports torch: seconds

            for number in range(self.settings.engines):
                self._engines.append(supervisor.engine(number, self.settings, at, self.run_dir))
            console = Console(highlight=False, force_terminal=False)
            first, self._scorer = self._scorer, None
            run = Run(self.run_dir, self.settings, at, load_scorer=self._load, console=console)
            self._run = run
            if first is not None and run.service.agent.scorer is not first:
                self._scorer = self._scorer or first
            watch = _Watch(self._engines, say=run.display.say)

            def between() -> None:
                watch()
                self._swap(run)

            serve.work(run, at, stop=self._stop.is_set, between=between)
            self._last = run.service.agent.scorer
            if run.failure:
                raise SearchFailed(run.failure)
            run.show()
        except Exception as error:
            self._error = error
        finally:
            for engine in self._engines:
                engine.ask_to_end()
            for engine in self._engines:
                engine.end()
            endpoint.remove(at, directory=True)
            self._ended.set()

    def _load(self, spec: str) -> BaseScorer:
        """The scorer of a spec: the object that was given under it, or one by name."""
        given = self._last
        if given is not None and (given.spec == spec or scorers.is_object(spec)):
            return given
        return _made(spec, self.settings)

    def _swap(self, run: Run) -> None:
        """Between two requests: the scorer that was set takes over."""
        scorer, self._scorer = self._scorer, None
        if scorer is not None:
            self._last = scorer
            run.service.use_scorer(scorer.spec)
            run.server.save()  # the trace does not tell of it
            self.settings = dataclasses.replace(self.settings, scorer=scorer.spec)
            self.settings.save(self.run_dir)


def _made(scorer: str | BaseScorer | Scores, settings: Configuration) -> BaseScorer:
    return scorers.make(scorer, seed=settings.seed, settings=settings.guide)


class _Watch:
    """Starts engines that died again; raises SearchFailed when that is of no use."""

    def __init__(self, engines: list[supervisor.Child], say: Callable[[str], None]) -> None:
        self._engines, self._say = engines, say
        self._deaths: list[float] = []

    def __call__(self) -> None:
        for engine in self._engines:
            status = engine.status()
            if status in (None, 0):
                continue
            if status == supervisor.USER_ERROR:
                raise SearchFailed(engine.last_words())
            now = time.monotonic()
            self._deaths = [*(t for t in self._deaths if t > now - 60), now]
            if len(self._deaths) > supervisor.RESTARTS:
                raise SearchFailed(f"the {engine.name} keeps dying: see {engine.log}")
            self._say(f"the {engine.name} {engine.death()}; it starts again")
            engine.start()
