"""A run at work: the parts of the agent process put together from a run's directory."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zmq
from rich.console import Console

from architecto import evaluators, executors, rewards, scorers
from architecto.conversation import trace
from architecto.conversation.position import Position
from architecto.conversation.recovery import recover
from architecto.conversation.server import Server
from architecto.conversation.service import Service
from architecto.conversation.sessions import CHOICES_BYTES
from architecto.executors import ExecutorError
from architecto.learning.agent import Agent
from architecto.learning.metrics import METRICS, MetricsFile
from architecto.learning.replay import REPLAY, ReplayBuffer, size_of_earlier
from architecto.problems.base import ProblemError
from architecto.runs import checkpoint, configuration, export, warm_start
from architecto.runs.configuration import Configuration, ConfigurationError
from architecto.runs.display import Display
from architecto.scorers.base import BaseScorer, LearningScorer
from architecto.study import weights
from architecto.study.study import JOURNAL, Study, StudyError
from architecto.study.trials import Trials


class Run:
    """Everything of a run that lives in the agent process.

    What the directory holds is taken up: stored trials, the agent's checkpoint, the trace.

    keys: folder of CURVE keys, see architecto.conversation.keys; the endpoint then needs them
    scorer_files: requests may name scorers that are files or modules
    load_scorer: gives a scorer by its spec, `scorers.load` if None; console: where to show the run
    """

    def __init__(
        self,
        run_dir: Path,
        settings: Configuration,
        endpoint: str,
        *,
        keys: Path | None = None,
        scorer_files: bool = True,
        load_scorer: Callable[[str], BaseScorer] | None = None,
        console: Console | None = None,
    ) -> None:
        load_scorer = load_scorer or functools.partial(
            scorers.load, seed=settings.seed, settings=settings.guide
        )
        self.run_dir, self.settings = run_dir, settings
        self.failure: str | None = None
        self._scorer_prepared = False
        self.display = Display(
            console or Console(highlight=False),
            trials=settings.trials,
            problem=settings.searched,
        )
        say = self.display.say
        self.study = _study(run_dir, say)
        self._checkpoints = checkpoint.Writer(run_dir)
        self.trace = trace.Trace(run_dir / "trace.jsonl", say=say)
        warm_start.begin(run_dir, settings, say)
        agent, position, damaged = self._restored(load_scorer)
        spec = settings.evaluator_spec
        reward = settings.reward or rewards.absolute(evaluators.load(spec["name"]).reward)
        if settings.reward is None and reward not in rewards.names():
            self.settings = settings = settings.but(reward=reward)
            settings.save(run_dir)  # a file by its whole path, so that a resumed run finds it
        self.executor = executors.create(
            settings.executor, spec, workers=settings.workers, log=run_dir / "workers.log"
        )
        self.trials = Trials(
            agent,
            self.study,
            self.executor,
            rewards.create(reward),
            run_dir=run_dir,
            count=settings.trials,
            seed=settings.seed,
            on_event=self._event,
        )
        self.service = Service(
            agent,
            seed=settings.seed,
            canonical=settings.searched.canonical,
            trials=self.trials,
            load_scorer=load_scorer,
            trace=self.trace.path,
            scorer_files=scorer_files,
            choices_bytes=8 * CHOICES_BYTES,
            scoring_s=settings.scorer_seconds,
            on_event=self._event,
        )
        self.service.episode = max(0, agent.buffer.last_episode)  # where the trace was lost
        self.server = Server(
            self.service,
            trace=self.trace,
            checkpoint=lambda position: self._checkpoints.save(agent, position),
        )
        self.display.start(self.study.trials)
        self._export_best()
        recover(self.service, self.trace.path, position)
        if settings.workers > 1 or settings.engines > 1 or damaged:
            self.trials.take_up_unheard()
        self._context = zmq.Context()
        self._socket = self.server.bind(self._context, endpoint, keys)

    def _restored(self, load_scorer: Callable[[str], BaseScorer]) -> tuple[Agent, Position, bool]:
        """The agent as it was at the latest checkpoint that is whole, where the run stood then, and
        whether a file is damaged. Without a checkpoint that is the beginning, from which the trace
        leads on; without a whole trace either, the agent learns from the buffer alone."""
        run_dir, settings, say = self.run_dir, self.settings, self.display.say
        saved = checkpoint.load(run_dir, say)
        damaged = self.trace.is_damaged or checkpoint.is_damaged(run_dir)
        if saved and self.trace.size < saved[0].trace:
            say(f"{self.trace.path} is shorter than it was: what engines heard is lost in part")
            damaged = True
        told = self.trace.size > 0 or not self.study.trials
        whole = told and not self.trace.is_damaged
        position = saved[0] if saved else Position(replay=size_of_earlier(run_dir / REPLAY))
        metrics = MetricsFile(run_dir / METRICS, say)
        cut = position.replay if not self.trace.is_damaged and (saved or told) else None
        agent = Agent(
            load_scorer(position.scorer or settings.scorer),
            task=settings.sentence,
            seed=settings.seed,
            settings=settings.guide,
            buffer=ReplayBuffer(run_dir / REPLAY, size=cut, say=say),
            say=say,
            record=metrics.write,
        )
        if saved:
            agent.load_state_dict(saved[1])
            self._refill(agent.buffer, position)
        elif whole:
            if self.study.trials:
                say(f"no checkpoint can be read: learning again from {self.trace.path}")
            if agent.buffer.rewards:
                say(f"warm start: learning from the trials of {settings.warm_start}")
                warm_start.learn(agent)
        else:
            say(
                f"neither a checkpoint nor {self.trace.path} can be read whole: "
                f"learning from {REPLAY} alone"
            )
            heard = [trial.number for trial in self.study.trials]
            position = Position(trace=self.trace.size, heard=heard)
            self._refill(agent.buffer, position)
            agent.fits = metrics.last
            agent.update()
        return agent, position, damaged

    def _refill(self, buffer: ReplayBuffer, position: Position) -> None:
        """Take rewards that the buffer has lost from the trials that the agent had heard of."""
        lost = 0
        for trial in self.study.trials:
            if trial.number in position.heard and not buffer.knows(trial.answer):
                lost += 1
                if trial.reward is not None:
                    buffer.add_reward(trial.answer, trial.reward)
                else:
                    buffer.add_unjudged(trial.answer)
        if lost:
            self.display.say(f"{self.run_dir / REPLAY} lacks {lost} trials: taken from {JOURNAL}")

    @property
    def finished(self) -> bool:
        """Nothing is left to do, or the run cannot go on."""
        return self.failure is not None or self.trials.done

    @property
    def engines_left(self) -> bool:
        """Has every engine been told to stop, or taken leave?"""
        return self.service.sessions.all_left()

    def work(self, seconds: float) -> None:
        """Wait up to so many seconds for something to happen, and deal with it."""
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        for descriptor in self.executor.filenos():
            poller.register(descriptor, zmq.POLLIN)
        poller.poll(int(seconds * 1000))
        try:
            self.trials.poll()
            self.server.receive()
            self.server.resume_waiting()
            if self.service.sessions.all_left() and not self.trials.done:
                self.server.finish_alone()
        except OSError as error:  # the disk is full, the directory is gone
            self.failure = f"the run in {self.run_dir} cannot be written: {error}"
        except (ExecutorError, ProblemError) as error:
            self.failure = str(error)
        self.failure = self.failure or self.server.failure
        self.display.refresh()

    def show(self) -> None:
        """Print the table of the best trials."""
        again = configuration.command_line("best", configuration.run_name(self.run_dir))
        self.display.table(self.study.trials, str(self.run_dir), again)

    def close(self) -> None:
        """End the evaluations and close what is open."""
        self.display.stop()
        self.executor.close()
        self.server.close()
        self._context.term()
        with contextlib.suppress(OSError):  # the one before it stays
            self._checkpoints.close()
        self.trace.close()
        self.study.close()

    def _event(self, kind: str, **facts: Any) -> None:
        if kind == "trial_started" and not self._scorer_prepared:
            self._scorer_prepared = True
            scorer = self.service.agent.scorer
            if isinstance(scorer, LearningScorer):
                threading.Thread(target=scorer.prepare).start()
        if kind == "trial_finished":
            self._export_best()
        if kind == "scorer":
            self.display.say(f"the scorer is now {facts['name']}")
        if kind == "unjudged":
            self.display.say(facts["reason"])
            if not any(trial.reward is not None for trial in self.study.trials):
                self.failure = facts["reason"]
        if kind == "diverged":
            self.display.say(
                f"{facts['session']} started again and takes another way than before (has the "
                "space changed, or is trace.jsonl damaged?): it goes on from the root"
            )
        self.display.event(kind, **facts)

    def _export_best(self) -> None:
        """Write the incumbent's model and weights, if they are not there yet."""
        best = self.study.best
        problem = self.settings.searched
        if best is not None and (
            not problem.stores_weights or weights.weights_path(self.run_dir, best.number).exists()
        ):
            export.write_best(self.run_dir, best, problem)
        weights.discard_weights(self.run_dir, keep=set(self.trials.running))


def _study(run_dir: Path, say: Callable[[str], None]) -> Study:
    """The study of a run, or an empty one where it begins; raises ConfigurationError."""
    journal, trace_file = run_dir / JOURNAL, run_dir / "trace.jsonl"
    begun = trace_file.is_file() and trace_file.stat().st_size > 0
    try:
        if begun and not (journal.is_file() and journal.stat().st_size):
            raise StudyError(
                f"{journal} is empty or gone, and with it the results of the run: put a copy back "
                "in its place, or begin another run"
            )
        return Study.open(run_dir, say=say) if journal.exists() else Study.create(run_dir)
    except StudyError as error:
        raise ConfigurationError(str(error)) from None
