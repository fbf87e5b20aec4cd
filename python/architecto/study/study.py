"""The trials of a search, kept in the run directory so that no finished evaluation is lost.

An Optuna study in a journal file: every change is a line, written and synchronised to the disk
before the call returns. One process writes, and holds a lock on the file for as long as it lives;
any number may read meanwhile. Nothing here imports torch.

What Optuna's tools see of a trial: its value is the objective, its intermediate values the
objective after each epoch, its user attributes `architecture`, `facts` and `evaluation` (the fields
of `Evaluation`, and with them the `reward`, so that both are written or neither).
"""

from __future__ import annotations

import fcntl
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from architecto import json_lines, rewards
from architecto.evaluators.base import Evaluation
from architecto.rewards.base import BaseReward, RewardError
from architecto.study import journal as journals
from architecto.study.journal import NAME

JOURNAL = "trials.journal"
"""The file in the run directory."""

log = logging.getLogger("architecto.study.study")


class StudyError(RuntimeError):
    """The study cannot be created, opened or changed; the message is one line."""


@dataclass(frozen=True)
class TrialResult:
    """A finished trial."""

    number: int
    """Counted from 0. A trial that never finished keeps its number and is not listed."""
    answer: str
    evaluation: Evaluation
    reward: float | None = None
    """What the evaluation was judged to be worth, in [-1, 1]; None if it is not judged."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the search knew when it started the trial, such as {"episode": 3}."""


class Study:
    """The trials of one run. Made with `create` or `open`; usable in a `with` statement."""

    def __init__(self, journal: Path, lock: IO[bytes] | None) -> None:
        self._lock = lock
        self._running: dict[int, tuple[optuna.Trial, str, dict[str, Any]]] = {}
        self._left_over: dict[int, str | None] = {}  # trials of a dead process, by their numbers
        self._results: list[TrialResult] = []
        self._known: dict[str, TrialResult] = {}
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        held: Any = _Held()
        storage = JournalStorage(JournalFileBackend(str(journal), lock_obj=held))
        sampler = optuna.samplers.RandomSampler()  # never draws: trials have no parameters
        if lock is None:
            self._study = optuna.load_study(study_name=NAME, storage=storage, sampler=sampler)
        else:
            self._study = optuna.create_study(
                study_name=NAME,
                storage=storage,
                sampler=sampler,
                direction="maximize",
                load_if_exists=True,
            )
        for trial in self._study.get_trials(deepcopy=False):
            if lock is not None and trial.state == TrialState.RUNNING:
                self._take_over(trial)
            if trial.user_attrs.keys() >= {"architecture", "facts", "evaluation"}:
                self._remember(_result(trial))

    @classmethod
    def create(cls, run_dir: Path) -> Study:
        """Starts an empty study in `run_dir`; raises `StudyError` if there is one already."""
        run_dir.mkdir(parents=True, exist_ok=True)
        journal = run_dir / JOURNAL
        try:
            lock = open(journal, "xb")  # noqa: SIM115 (held until close)
        except FileExistsError:
            raise StudyError(
                f"{run_dir} holds a search already; resume it, or choose another folder"
            ) from None
        return cls._locked(journal, lock)

    @classmethod
    def open(
        cls, run_dir: Path, *, read_only: bool = False, say: Callable[[str], None] = log.warning
    ) -> Study:
        """Opens the study in `run_dir` with all its finished trials.

        Trials that were running belong to a dead process: `start` begins them again. With
        `read_only` nothing is changed, and another process may be writing. Where the journal is
        damaged the rest of it is read, and `say` is told. Raises `StudyError` if there is no study,
        if it cannot be read, or if it is to be written and another process holds it.
        """
        journal = run_dir / JOURNAL
        try:
            if read_only:
                return cls._read(journal)
            lock = open(journal, "r+b")  # noqa: SIM115 (held until close)
        except (FileNotFoundError, NotADirectoryError):
            raise StudyError(f"{run_dir} holds no search (there is no {JOURNAL} in it)") from None
        return cls._locked(journal, lock, say)

    @classmethod
    def _read(cls, journal: Path) -> Study:
        if not journal.is_file() or not _is_damaged(journal):
            return cls._readable(journal, None)
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / JOURNAL
            journals.write_mended(journal, whole)
            return cls._readable(whole, None)

    @classmethod
    def _locked(
        cls, journal: Path, lock: IO[bytes], say: Callable[[str], None] = log.warning
    ) -> Study:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            json_lines.cut_half_line(journal)
            if _is_damaged(journal):
                lock = journals.mend(journal, lock, say)
            return cls._readable(journal, lock)
        except BlockingIOError:
            lock.close()
            raise StudyError(f"{journal.parent} is in use by another process") from None
        except BaseException:
            lock.close()
            raise

    @classmethod
    def _readable(cls, journal: Path, lock: IO[bytes] | None) -> Study:
        if not journal.is_file():  # Optuna would make an empty one
            raise FileNotFoundError(journal)
        try:
            return cls(journal, lock)
        except (KeyError, ValueError, TypeError) as error:
            detail = str(error).strip("'\"") or type(error).__name__
            raise StudyError(f"{journal} cannot be read: {detail}") from None

    def close(self) -> None:
        """Gives up the lock. Results stay readable."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Study:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, answer: str, *, facts: dict[str, Any] | None = None) -> int:
        """Begins a trial and returns its number. `facts` must be JSON values.

        A trial of the same answer that a dead process had begun is begun again.
        """
        self._check_writable()
        trial = self._begun_before(answer) or self._study.ask()
        facts = facts or {}
        trial.set_user_attr("architecture", answer)
        trial.set_user_attr("facts", facts)
        self._running[trial.number] = (trial, answer, facts)
        return trial.number

    def finish(
        self, trial: int, evaluation: Evaluation, reward: float | None = None
    ) -> TrialResult:
        """Ends a trial that `start` began; the result is on the disk when this returns."""
        self._check_writable()
        if trial not in self._running:
            raise StudyError(f"trial {trial} is not running")
        running, answer, facts = self._running.pop(trial)
        reported = running.storage.get_trial(trial).intermediate_values
        for epoch, value in enumerate(evaluation.curve, 1):
            if epoch not in reported:  # by a process that died in this place
                running.report(value, step=epoch)
        running.set_user_attr("evaluation", evaluation.as_json() | {"reward": reward})
        self._tell(trial, evaluation)
        result = TrialResult(trial, answer, evaluation, reward, facts)
        self._remember(result)
        return result

    def known(self, answer: str) -> TrialResult | None:
        """The finished trial of this answer text, if there is one, complete or failed."""
        return self._known.get(answer)

    @property
    def trials(self) -> list[TrialResult]:
        """All finished trials, complete or failed, by number."""
        return sorted(self._results, key=lambda result: result.number)

    @property
    def best(self) -> TrialResult | None:
        """The incumbent: see `ranked`."""
        return next(iter(ranked(self._results)), None)

    def judged_anew(
        self, reward: BaseReward, say: Callable[[str], None] = log.warning
    ) -> list[TrialResult]:
        """All finished trials as another reward judges them. What is stored stays as it is; `say`
        is told, once a message, of trials that it cannot judge and that have no reward then."""
        said: dict[str, None] = {}
        results = []
        for result in self.trials:
            try:
                value = rewards.judged(reward, result.evaluation)
            except RewardError as error:
                value, said[str(error)] = None, None
            results.append(replace(result, reward=value))
        for message in said:
            say(message)
        return results

    def _take_over(self, trial: FrozenTrial) -> None:
        """A trial that was running when its process died: a whole result counts."""
        evaluation = trial.user_attrs.get("evaluation")
        if evaluation is None:
            self._left_over[trial.number] = trial.user_attrs.get("architecture")
        else:
            self._tell(trial.number, Evaluation.from_json(evaluation))

    def _begun_before(self, answer: str) -> optuna.Trial | None:
        """A left-over trial of the answer, or one that died before it had any."""
        for wanted in (answer, None):
            for number, its in self._left_over.items():
                if its == wanted:
                    del self._left_over[number]
                    return optuna.Trial(self._study, number)  # one study: a number is an id
        return None

    def _tell(self, number: int, evaluation: Evaluation) -> None:
        if evaluation.value is not None:
            self._study.tell(number, evaluation.value)
        else:
            self._study.tell(number, state=TrialState.FAIL)

    def _remember(self, result: TrialResult) -> None:
        self._results.append(result)
        self._known[result.answer] = result

    def _check_writable(self) -> None:
        if self._lock is None:
            raise StudyError("the study was opened for reading only, or is closed")


def ranked(results: list[TrialResult]) -> list[TrialResult]:
    """Complete trials, best first.

    The highest objective wins; among equals the fewest parameters, where there are any, then the
    earliest.
    """

    def rank(result: TrialResult) -> tuple[float, float, int]:
        evaluation = result.evaluation
        return -(evaluation.value or 0.0), evaluation.metrics.get("parameters", 0), result.number

    return sorted((r for r in results if r.evaluation.value is not None), key=rank)


class _Held:
    """In place of Optuna's lock around each write, which outlives a process that is killed: the
    study's own lock covers all writes."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def _result(trial: FrozenTrial) -> TrialResult:
    attributes = trial.user_attrs
    stored = attributes["evaluation"]
    evaluation = Evaluation.from_json(stored)
    reward = stored.get("reward") if evaluation.judged else None
    answer, facts = attributes["architecture"], attributes["facts"]
    return TrialResult(trial.number, answer, evaluation, reward, facts)


def _is_damaged(journal: Path) -> bool:
    try:
        return journals.is_damaged(journal)
    except ValueError as error:
        raise StudyError(f"{journal} cannot be read: {error}") from None
