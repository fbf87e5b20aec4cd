"""The settings of a run: their meaning and defaults, their checks, and the run's directory.

Nothing here imports torch: a mistake is told before anything heavy starts. Data sets and tables,
which need NumPy and SciPy, are imported where they are checked, so that `--help` and the questions
about spaces start at once.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from architecto import scorers
from architecto.problems.networks.quantities import QUANTITIES

PROJECT = Path(__file__).resolve().parents[3]
"""The root of the checkout, which holds ``racket/``."""
RUNS = Path("runs")
"""Where runs are written, below the directory in which the command is given."""
STRATEGIES = ("descend", "best-first", "fair")

_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_DEVICE = re.compile(r"(cpu|mps|cuda(:[0-9]+)?)\Z")


class ConfigurationError(ValueError):
    """A setting that cannot work; the message is one line for a person."""


@dataclass(frozen=True)
class Configuration:
    """Every setting of a run. Written to ``configuration.json`` when the run is made."""

    space: str = "cnn"
    """Search space: the name of a file in racket/networks/spaces, or the path of a .rkt file."""
    dataset: str = "digits"
    """Images to learn from, see `datasets.create`."""
    scorer: str = "transformer"
    """Who scores the choices: a registered name, ``FILE.py:Class`` or ``package.module:Class``."""
    scorer_seconds: int = 60
    """Seconds that the scorer may take for one request; one that takes longer is replaced."""
    trials: int = 24
    """Architectures to evaluate."""
    seed: int = 0
    """Seed of every random choice of the run."""
    max_params: int | None = None
    """Parameters that an architecture may have at the most; None: the space's own budget."""
    max_macs: int | None = None
    """Multiply-adds for one image at the most; None: the space's own budget, if it has one."""
    max_activations: int | None = None
    """Numbers that all layers give for one image at the most; None: as for max_macs."""
    max_depth: int | None = None
    """Layers at the most, those inside branches counted; None: as for max_macs."""
    device: str = "cpu"
    """Where networks are trained: cpu, cuda, cuda:N or mps."""
    epochs: int | None = None
    """Passes over the training images in an evaluation; None: as many as suit the data set."""
    strategy: str = "descend"
    """Which open choices are candidates at a step: descend, best-first or fair."""
    engines: int = 1
    """Search engines at work side by side; only with one is a run repeatable by its seed."""
    workers: int = 1
    """Evaluations at a time; only with one is a run repeatable by its seed."""
    table: str | None = None
    """A CSV file of accuracies that are looked up instead of training (evaluator `tabular`). Input
    shape and classes are then the space's own, and no data set is read."""
    search_metric: str | None = None
    """The table's column that stands for the validation accuracy, which the search sees."""
    report_metric: str | None = None
    """The table's column that stands for the test accuracy; None: the search metric."""
    warm_start: str | None = None
    """An earlier run, also of another space, whose trials the scorer learns from before the first
    episode; a name below ``runs/`` or a path. Read once, when the run begins."""

    @property
    def task(self) -> str:
        """The sentence that stands before every choice that the scorer reads."""
        if self.table is not None:
            return f"find the best {self.search_metric} of the table {Path(self.table).stem}"
        from architecto.problems.networks import datasets

        return datasets.create(self.dataset).task

    @property
    def canonical(self) -> Callable[[str], str]:
        """From the text of an answer to the one text that stands for it, or a ValueError."""
        from architecto.problems.networks import architecture

        return lambda text: str(architecture.parse(text))

    @property
    def evaluator(self) -> dict[str, Any]:
        """The evaluator by name, as executors take it."""
        if self.table is not None:
            return {
                "name": "tabular",
                "table": self.table,
                "search_metric": self.search_metric,
                "report_metric": self.report_metric or self.search_metric,
            }
        return {
            "name": "training",
            "dataset": self.dataset,
            "device": self.device,
            "epochs": self.epochs,
        }

    def save(self, run_dir: Path) -> None:
        """Write ``configuration.json``, whole or not at all."""
        path = run_dir / "configuration.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n")
        fresh.replace(path)


def load(run_dir: Path) -> Configuration:
    """Read the configuration of a run; raises ConfigurationError if there is none."""
    path = run_dir / "configuration.json"
    try:
        fields = json.loads(path.read_text())
        return Configuration(**fields)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigurationError(f"no run at {run_dir}: {_known_runs()}") from None
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None


def check(configuration: Configuration) -> None:
    """Raise ConfigurationError, or a ValueError of the same kind, at the first bad setting."""
    space_file(configuration.space)
    budgets = [f"max_{quantity}" for quantity in QUANTITIES]
    for name in ("trials", *budgets, "engines", "workers", "epochs", "scorer_seconds"):
        value = getattr(configuration, name)
        if value is not None and value < 1:
            raise ConfigurationError(f"{_option(name)} is {value}, expected at least 1")
    if configuration.seed < 0:
        raise ConfigurationError(f"--seed is {configuration.seed}, expected at least 0")
    if configuration.strategy not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise ConfigurationError(f"unknown strategy {configuration.strategy!r}; known are {known}")
    if not _DEVICE.match(configuration.device):
        got = repr(configuration.device)
        raise ConfigurationError(f"unknown device {got}; known are cpu, cuda, cuda:N and mps")
    scorers.check(configuration.scorer)
    racket()
    if configuration.table is not None:
        _check_table(configuration)
        return
    from architecto.problems.networks import datasets

    datasets.ensure_available(configuration.dataset)
    if configuration.device != "cpu":
        _check_device(configuration.device)


_DEVICES = """
import torch
print("cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count())))
if torch.backends.mps.is_available(): print("mps")
"""


def _check_device(device: str) -> None:
    """Ask PyTorch, in a process of its own, what this machine has."""
    asked = subprocess.run([sys.executable, "-c", _DEVICES], capture_output=True, text=True)
    if asked.returncode:
        reason = (asked.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise ConfigurationError(f"PyTorch cannot say what devices there are: {reason}")
    known = asked.stdout.split()
    if device not in known and not (device == "cuda" and "cuda:0" in known):
        raise ConfigurationError(
            f"--device is {device}, and PyTorch finds none here; this machine has: "
            f"{', '.join(known)}"
        )


def _check_table(configuration: Configuration) -> None:
    if configuration.search_metric is None:
        raise ConfigurationError("--table needs --search-metric, the column to search by")
    report_metric = configuration.report_metric or configuration.search_metric
    from architecto.evaluators import tabular

    try:
        tabular.read(str(configuration.table), configuration.search_metric, report_metric)
    except tabular.TableError as error:
        raise ConfigurationError(str(error)) from None


def absolute(configuration: Configuration) -> Configuration:
    """The same with the paths of files made absolute, so that a run resumes from anywhere.

    Raises ConfigurationError if the run to start from is none, or has no trials yet.
    """
    changes: dict[str, Any] = {}
    if configuration.space.endswith(".rkt"):
        changes["space"] = str(Path(configuration.space).resolve())
    if configuration.table is not None:
        changes["table"] = str(Path(configuration.table).resolve())
    changes["scorer"] = scorers.absolute(configuration.scorer)
    from architecto.problems.networks import datasets

    changes["dataset"] = datasets.absolute(configuration.dataset)
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


def space_file(space: str) -> Path:
    """The file of a search space; raises ConfigurationError that lists the known ones."""
    folder = PROJECT / "racket" / "networks" / "spaces"
    file = Path(space) if space.endswith(".rkt") else folder / f"{space}.rkt"
    if ("/" not in space or space.endswith(".rkt")) and file.is_file():
        return file
    known = ", ".join(sorted(path.stem for path in folder.glob("*.rkt"))) or "none"
    raise ConfigurationError(
        f"unknown search space {space!r}; known are {known}, or the path of a .rkt file"
    )


def racket() -> str:
    """The path of Racket; raises ConfigurationError if it is not installed."""
    found = shutil.which("racket")
    if found is None:
        raise ConfigurationError(
            "no racket on PATH: `make setup` installs it, or see https://racket-lang.org"
        )
    return found


def engine_command(configuration: Configuration) -> list[str]:
    """The command line of an engine, up to where it connects."""
    looked_up = configuration.table is not None
    command = engine_words(
        configuration.space,
        dataset=None if looked_up else configuration.dataset,
        budgets={name: getattr(configuration, f"max_{name}") for name in QUANTITIES},
    )
    return [*command, "--table-keys"] if looked_up else command


def engine_words(
    space: str, *, dataset: str | None, budgets: Mapping[str, int | None]
) -> list[str]:
    """The same from its parts. Without a data set input shape and classes are the space's own;
    budgets are by `QUANTITIES`, and without one it is the space's own."""
    command = [racket(), str(PROJECT / "racket" / "run-search.rkt"), "--space", space]
    if dataset is not None:
        from architecto.problems.networks import datasets

        info = datasets.create(dataset)
        command += ["--input", ",".join(map(str, info.input_shape))]
        command += ["--classes", str(info.classes)]
    for quantity, most in budgets.items():
        if most is not None:
            command += [f"--max-{quantity}", str(most)]
    return command


def check_budget(configuration: Configuration) -> None:
    """Ask the relation for one architecture; raises ConfigurationError if it has none."""
    command = [*engine_command(configuration), "--feasible"]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["the search engine does not start"]
        raise ConfigurationError(lines[0].removeprefix("run-search: "))


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


def free_directory(name: str | None, configuration: Configuration) -> Path:
    """Where a new run would be written; raises ConfigurationError if something is there."""
    if name is None:
        results = configuration.dataset if configuration.table is None else configuration.table
        file = results.rpartition(":")[0] or results  # FILE.py:Class
        stem = f"{Path(configuration.space).stem}-{Path(file).stem}"
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


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
