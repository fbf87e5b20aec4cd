"""The settings of a run: their meaning and defaults, their checks, and the run's directory.

Nothing here imports torch: a mistake is told before anything heavy starts.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from architecto import evaluators, executors, problems, rewards, scorers
from architecto import settings as settings_of
from architecto.problems.base import BaseProblem
from architecto.runs import engines
from architecto.scorers.guide_settings import GuideSettings
from architecto.settings import documented, setting

RUNS = Path("runs")
"""Where runs are written, below the directory in which the command is given."""

_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


class ConfigurationError(ValueError):
    """A setting that cannot work; the message is one line for a person."""


@documented
@dataclass(frozen=True)
class Configuration:
    """Every setting of a run; ``guide`` are those of agent and scorer, ``options`` those of the
    problem.

    Made with `Configuration.of`, which takes all of them by name. Written to
    ``configuration.json`` when the run is made.
    """

    problem: str = setting(
        "networks",
        f"what is searched: {', '.join(problems.CATALOGUE.registered)}, FILE.rkt with a "
        "define-problem in it, or path/to/file.py:Class",
    )
    scorer: str = setting(
        "transformer",
        f"who scores the choices: {', '.join(scorers.CATALOGUE.registered)}, or "
        "path/to/file.py:Class",
        metavar="SCORER",
    )
    scorer_seconds: int = setting(
        60,
        "seconds that the scorer may take for one request; one that takes longer is replaced",
        metavar="N",
        least=1,
    )
    evaluator: str | None = setting(
        None,
        f"who judges the answers: {', '.join(evaluators.CATALOGUE.registered)}, or "
        "path/to/file.py:Class",
        absent="the problem's own",
    )
    reward: str | None = setting(
        None,
        "what an evaluation is worth to the guide, from -1 to 1: "
        f"{', '.join(rewards.CATALOGUE.registered)}, or path/to/file.py:Class",
        absent="the evaluator's own",
    )
    executor: str = setting(
        "local",
        f"where evaluations run: {', '.join(executors.CATALOGUE.registered)}, or "
        "path/to/file.py:Class",
    )
    trials: int = setting(24, "answers to evaluate", metavar="N", least=1)
    seed: int = setting(0, "seed; the same seed gives the same run on a CPU", metavar="N", least=0)
    strategy: str = setting(
        "descend", f"candidates at a step: {', '.join(engines.STRATEGIES)}, or FILE.rkt"
    )
    engines: int = setting(
        1, "search engines side by side; with one a run is repeatable", metavar="N", least=1
    )
    workers: int = setting(
        1, "evaluations side by side; with one a run is repeatable", metavar="N", least=1
    )
    warm_start: str | None = setting(
        None,
        "earlier run, also of another space, whose trials the scorer learns from first",
        metavar="RUN",
    )
    task: str | None = setting(
        None,
        "sentence that the scorer reads before each choice",
        metavar="SENTENCE",
        absent="the problem's own",
    )
    guide: GuideSettings = field(default_factory=GuideSettings)
    options: Any = None

    def __post_init__(self) -> None:
        if self.options is None:
            object.__setattr__(self, "options", problems.settings_class(self.problem)())

    @classmethod
    def of(cls, **given: Any) -> Configuration:
        """The configuration with these settings, its own and its problem's; the others have their
        defaults. Raises a ValueError with one line for one that is unknown or cannot be."""
        return cls().but(**given)

    def but(self, **changes: Any) -> Configuration:
        """The same with other values of some settings."""
        spec = changes.get("problem", self.problem)
        if not isinstance(spec, str):
            raise ConfigurationError(f"--problem is {spec!r}, expected a string")
        kind = problems.settings_class(spec)
        ours = {*settings_of.names(Configuration), *settings_of.names(GuideSettings)}
        for name in ours.intersection(settings_of.names(kind)):
            raise ConfigurationError(f"problem {spec}: a run has a setting {name} of its own")
        kinds = (Configuration, GuideSettings, kind)
        settings_of.refuse_unknown(changes, *kinds, what=f"problem {spec}")
        own, guide, options = (
            {name: changes[name] for name in settings_of.names(kind) if name in changes}
            for kind in kinds
        )
        before = self.options if spec == self.problem else kind()
        made = dataclasses.replace(
            self,
            **own,
            guide=dataclasses.replace(self.guide, **guide),
            options=dataclasses.replace(before, **options),
        )
        settings_of.check(made)
        settings_of.check(made.options)
        return made

    @cached_property
    def searched(self) -> BaseProblem:
        """The problem, with its settings."""
        return problems.open(self.problem, self.options)

    @property
    def sentence(self) -> str:
        """The sentence that stands before every choice that the scorer reads; empty where only an
        engine can tell it, which `prepared` asks."""
        return self.task or self.searched.task or ""

    @cached_property
    def evaluator_spec(self) -> dict[str, Any]:
        """The evaluator with its arguments, as executors take it; raises ConfigurationError."""
        name = self.evaluator or self.searched.default_evaluator()
        if name is None:
            raise ConfigurationError(
                f"nothing says how answers of {self.searched.title} are judged: give "
                "--evaluator FILE.py:Class, a BaseEvaluator"
            )
        if name in evaluators.CATALOGUE.registered and name not in self.searched.evaluators:
            offered = ", ".join(self.searched.evaluators) or "none of ours"
            raise ConfigurationError(
                f"evaluator {name} does not take the answers of {self.searched.title}, which "
                f"{offered} does: give --evaluator FILE.py:Class"
            )
        return self.searched.evaluator(name)

    def as_json(self) -> dict[str, Any]:
        """All settings by name."""
        own = {name: getattr(self, name) for name in settings_of.names(type(self))}
        return own | dataclasses.asdict(self.guide) | dataclasses.asdict(self.options)

    def save(self, run_dir: Path) -> None:
        """Write ``configuration.json``, whole or not at all."""
        path = run_dir / "configuration.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(self.as_json(), indent=2) + "\n")
        fresh.replace(path)


def load(run_dir: Path) -> Configuration:
    """Read the configuration of a run; raises ConfigurationError if there is none."""
    path = run_dir / "configuration.json"
    try:
        return Configuration.of(**json.loads(path.read_text()))
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigurationError(f"no run at {run_dir}: {_known_runs()}") from None
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None


def check(configuration: Configuration) -> None:
    """Raise ConfigurationError, or a ValueError of the same kind, at the first bad setting."""
    settings_of.check(configuration)
    settings_of.check(configuration.options)
    engines.check_strategy(configuration.strategy)
    scorers.check(configuration.scorer)
    engines.racket()
    configuration.searched.check()
    evaluators.check(configuration.evaluator_spec["name"])
    configuration.searched.check_evaluator(configuration.evaluator_spec["name"])
    if configuration.reward is not None:
        rewards.check(configuration.reward)
    executors.check(configuration.executor)


def absolute(configuration: Configuration) -> Configuration:
    """The same with the paths of files made absolute, so that a run resumes from anywhere.

    Raises ConfigurationError if the run to start from is none, or has no trials yet.
    """
    changes: dict[str, Any] = {
        "problem": problems.absolute(configuration.problem),
        "scorer": scorers.absolute(configuration.scorer),
        "executor": executors.absolute(configuration.executor),
        "strategy": engines.absolute_strategy(configuration.strategy),
        "options": configuration.searched.absolute(),
    }
    if configuration.evaluator is not None:
        changes["evaluator"] = evaluators.absolute(configuration.evaluator)
    if configuration.reward is not None:
        changes["reward"] = rewards.absolute(configuration.reward)
    if configuration.warm_start is not None:
        changes["warm_start"] = str(earlier_data(configuration.warm_start).parent.resolve())
    return dataclasses.replace(configuration, **changes)


def earlier_data(name: str) -> Path:
    """The replay buffer of an earlier run; raises ConfigurationError if it has no trials."""
    run_dir = existing_directory(name)
    load(run_dir)
    path = run_dir / "replay.jsonl"
    if not (path.is_file() and b'"reward":' in path.read_bytes()):
        raise ConfigurationError(f"no trial of {run_dir} is finished, so there is nothing to learn")
    return path


def prepared(configuration: Configuration) -> Configuration:
    """The same, ready for a run: an engine has found one answer, which the problem takes, the
    sentence for scorers is known, and what must be downloaded is there. Raises a ValueError with
    one line."""
    if not configuration.sentence:
        told = engines.describe(engine_command(configuration)).task
        configuration = dataclasses.replace(configuration, task=told)
    answer = engines.find_one(engine_command(configuration))
    try:
        configuration.searched.canonical(answer)
    except ValueError as error:
        name = configuration.searched.title
        raise ConfigurationError(f"{answer[:200]} is no answer of {name}: {error}") from None
    fetch(configuration)
    return configuration


def fetch(configuration: Configuration) -> None:
    """Download what the evaluator needs; raises a ValueError with one line."""
    configuration.searched.fetch(configuration.evaluator_spec["name"])


def engine_command(configuration: Configuration) -> list[str]:
    """The command line of an engine of a run, up to where it connects."""
    words = [*configuration.searched.engine_words(), "--strategy", configuration.strategy]
    return engines.command(words, task=configuration.sentence or None)


def run_directory(name: str | None, configuration: Configuration) -> Path:
    """Make the directory of a new run, mode 0700, and write its configuration there.

    ``name`` is a name below ``runs/``, a path if it contains a slash, or None for the next free
    ``SPACE-DATASET-NUMBER``. Raises ConfigurationError if that cannot be done.
    """
    directory = free_directory(name, configuration)
    try:
        directory.mkdir(mode=0o700, parents=True)
        configuration.save(directory)
    except OSError as error:
        raise ConfigurationError(f"cannot write the run to {directory}: {error.strerror}") from None
    return directory


def remove_unbegun(run_dir: Path) -> None:
    """Remove the directory of a run that was made just now and ended by a mistake of the user's
    before any answer was evaluated, so that its name is free."""
    journal = run_dir / "trials.journal"
    if not (journal.exists() and b"evaluation" in journal.read_bytes()):
        shutil.rmtree(run_dir, ignore_errors=True)


def free_directory(name: str | None, configuration: Configuration) -> Path:
    """Where a new run would be written; raises ConfigurationError if something is there."""
    if name is None:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", configuration.searched.title).strip("-") or "run"
        number = 1
        while (RUNS / f"{stem}-{number:03d}").exists():
            number += 1
        return RUNS / f"{stem}-{number:03d}"
    directory = existing_directory(name)
    if os.path.lexists(directory):
        resume = command_line("resume", run_name(directory))
        raise ConfigurationError(f"{directory} exists: choose another --run, or {resume}")
    return directory


def existing_directory(name: str) -> Path:
    """The directory that the name of a run stands for."""
    if "/" in name and name.isprintable():
        return Path(name)
    if not _RUN_NAME.match(name):
        allowed = "letters, digits, dot, underscore and hyphen, or a path with a slash"
        raise ConfigurationError(f"bad name of a run {name!r}: expected {allowed}")
    return RUNS / name


def run_name(run_dir: Path) -> str:
    """What a person calls a run by: its path, which needs a slash and is no option."""
    path = str(run_dir)
    return path if "/" in path and not path.startswith("-") else f"./{path}"


def command_line(*words: str) -> str:
    """The command that a person types in a shell to run this program again with other words."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    return shlex.join([str(python), "-m", "architecto", *words])


def _known_runs() -> str:
    runs = sorted(path.parent.name for path in RUNS.glob("*/configuration.json"))
    return f"the runs here are {', '.join(runs)}" if runs else "there are no runs here yet"
