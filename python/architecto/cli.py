"""The command line: what can be asked, and the checks before anything heavy starts.

No command but ``serve`` and ``explain`` imports torch, and these only once all is checked.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from architecto import __version__, questions
from architecto.arguments import natural, positive
from architecto.conversation import endpoint
from architecto.explain import command as explain
from architecto.runs import configuration
from architecto.runs.configuration import QUANTITIES, Configuration

DEFAULTS = Configuration()

DESCRIPTION = """\
Neural architecture search as a guided relational search. A search space is a relation: miniKanren
finds networks that meet it, a transformer picks the way, PyTorch trains what is found, and Deep
Q-learning improves the transformer."""

EXAMPLES = """\
examples:
  python -m architecto run                                   the default search, some minutes
  python -m architecto run --scorer random --run by-chance   the same search without a guide
  python -m architecto resume by-chance                      go on with a run that was interrupted
  python -m architecto best by-chance                        show its best networks again
  python -m architecto swap by-chance --scorer transformer   change the guide of a run at work
  python -m architecto explain by-chance --trial 3           what led to one of its networks
  python -m architecto run --connect ipc:///tmp/socket       engines for an agent of your own

exit status: 0 done, 1 the processes of the run kept dying, 2 a mistake in the command,
130 ended with Ctrl-C (go on with resume)"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help shows what is possible)\n")


def main(arguments: list[str]) -> int:
    """Carry out a command; gives the exit status. A mistake is one line on stderr and status 2."""
    options = parser().parse_args(arguments)
    try:
        return options.command(options)
    except ValueError as error:
        print(f"architecto {options.name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone
        sys.stderr.close()
        return 1


def parser() -> Parser:
    """The parser of every command."""
    top = Parser(
        prog="architecto",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"architecto {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True, dest="name")

    run = commands.add_parser("run", help="search: find, train and rank networks")
    run.description = "Search for networks, train them, rank them, and learn where to look."
    _add_settings(run)
    run.add_argument(
        "--run",
        metavar="NAME",
        help="name of the run, written to runs/NAME, or a path with a slash "
        "(default: SPACE-DATASET-NUMBER, the next free number)",
    )
    run.add_argument(
        "--connect",
        metavar="ENDPOINT",
        help="have an agent of your own guide the search, see protocol/README.md: only engines are "
        "started, by --space, --dataset, --max-params, --strategy, --engines (default: none)",
    )
    run.add_argument(
        "--key", metavar="FILE", help="an engine's key file, for --connect tcp:// (default: none)"
    )
    run.set_defaults(command=_run)

    resume = commands.add_parser("resume", help="go on with a run that was interrupted")
    resume.description = "Go on with a run: stored trials, the guide and its replay buffer stay."
    resume.add_argument("run", metavar="RUN", help="name below runs/, or a path with a slash")
    resume.add_argument(
        "--trials", type=positive, metavar="N", help="trials of the whole run (default: as before)"
    )
    resume.set_defaults(command=_resume)

    best = commands.add_parser("best", help="show the best networks of a run")
    best.description = "Print the table of the best networks and the path of the best one's model."
    best.add_argument("run", metavar="RUN", help="name below runs/, or a path with a slash")
    best.add_argument(
        "-n", type=positive, default=5, metavar="N", help="rows of the table (default: 5)"
    )
    best.set_defaults(command=_best)

    swap = commands.add_parser("swap", help="give a run that is at work another scorer")
    swap.description = (
        "Give a run that is at work another scorer: it scores from the next step on, and after "
        "resume as well. The trials before it stay, and a scorer that learns learns from them."
    )
    swap.add_argument("run", metavar="RUN", help="name below runs/, or a path with a slash")
    swap.add_argument(
        "--scorer", required=True, metavar="SCORER", help="as for run: see `run --help`"
    )
    swap.add_argument(
        "--key", metavar="FILE", help="key file of an engine, where the run listens on tcp"
    )
    swap.set_defaults(command=_swap)

    explain.add_command(commands.add_parser)

    serve = commands.add_parser("serve", help="the agent process, for engines to connect to")
    serve.description = (
        "Serve a scorer over ZeroMQ, as protocol/README.md says. Without --run nothing is trained, "
        "and one line of JSON on stdout tells the endpoint. Ends on SIGTERM or Ctrl-C."
    )
    _add_settings(serve, "scorer", "scorer_seconds", "seed", "space", "dataset")
    serve.add_argument(
        "--run", dest="run_dir", metavar="DIR", help="directory of a run to serve (default: none)"
    )
    serve.add_argument(
        "--endpoint",
        metavar="ENDPOINT",
        help="where to listen: ipc://PATH, or tcp://ADDRESS:PORT with keys "
        "(default: ipc in a fresh directory)",
    )
    serve.add_argument(
        "--keys",
        metavar="FOLDER",
        help="accept only the engines whose keys are listed there (default: none)",
    )
    serve.add_argument(
        "--end-with-stdin",
        action="store_true",
        help="end also when standard input closes (default: stdin is not looked at)",
    )
    serve.add_argument(
        "--allow-scorer-files",
        action="store_true",
        help="on tcp, load scorers from files and modules as well when a listed engine asks for "
        "it, who can then run any code here (default: registered names only)",
    )
    serve.set_defaults(command=_serve)

    keys = commands.add_parser("keys", help="make the keys that agent and engines need on tcp")
    keys.description = (
        "Make CURVE keys: those of an engine, and the agent's if the folder has none. The agent "
        "accepts the engines in FOLDER/engines; to turn one away, delete its file there."
    )
    keys.add_argument("folder", metavar="FOLDER", help="where to write them, mode 0700")
    keys.add_argument(
        "--engine", default="engine", metavar="NAME", help="whose keys (default: engine)"
    )
    keys.set_defaults(command=_keys)
    bench = commands.add_parser("bench-search", help="measure a scorer on a table of results")
    bench.description = (
        "Search a table of results with the real system, once for each seed, and print the regret: "
        "the best of the report metric minus that of the incumbent, the architecture that is best "
        "by the search metric so far. The last line is for programs."
    )
    bench.add_argument(
        "--space", default="nas-bench-201", metavar="NAME", help="default: %(default)s"
    )
    bench.add_argument(
        "--table", required=True, metavar="CSV", help="a column `arch`, and one for each metric"
    )
    bench.add_argument(
        "--search-metric", required=True, metavar="COLUMN", help="what the search sees"
    )
    bench.add_argument(
        "--report-metric", metavar="COLUMN", help="what is reported (default: the search metric)"
    )
    bench.add_argument(
        "--evaluations", type=positive, default=200, metavar="N", help="of a seed (default: 200)"
    )
    bench.add_argument(
        "--seeds", type=positive, default=10, metavar="K", help="seeds 0 to K-1 (default: 10)"
    )
    bench.add_argument(
        "--scorer", default="transformer", metavar="SCORER", help="default: %(default)s"
    )
    bench.add_argument(
        "--jobs", type=positive, default=os.cpu_count(), metavar="N", help="seeds at a time"
    )
    bench.add_argument(
        "--runs", metavar="DIR", help="keep the runs there, and go on with those that are there"
    )
    bench.set_defaults(command=_bench_search)
    questions.add_commands(commands.add_parser)
    return top


def _add_settings(command: argparse.ArgumentParser, *names: str) -> None:
    """Add an option for each setting of a run, or for those named."""
    settings: dict[str, tuple[Callable[[str], Any], str, str]] = {
        "space": (
            str,
            "NAME",
            "search space: a file of racket/networks/spaces, or the path of a .rkt file",
        ),
        "dataset": (str, "NAME", "images to learn: digits, fashion-mnist, mnist, cifar10"),
        "scorer": (
            str,
            "SCORER",
            "who scores the choices: transformer, bag, ensemble, random, uniform, or "
            "path/to/file.py:Class",
        ),
        "scorer_seconds": (
            positive,
            "N",
            "seconds that the scorer may take for one request; one that takes longer is replaced",
        ),
        "trials": (positive, "N", "networks to train"),
        "seed": (natural, "N", "seed; the same seed gives the same run on a CPU"),
        **{
            f"max_{quantity}": (positive, "N", f"at most so many {meaning} in a network")
            for quantity, meaning in QUANTITIES.items()
        },
        "table": (
            str,
            "CSV",
            "look accuracies up in a CSV file (columns arch and METRICs) instead of training",
        ),
        "search_metric": (str, "COLUMN", "column of the table that the search sees"),
        "report_metric": (str, "COLUMN", "column of the table that is reported as test accuracy"),
        "device": (str, "DEVICE", "where networks are trained: cpu, cuda, cuda:N, mps"),
        "epochs": (positive, "N", "epochs of a training"),
        "strategy": (str, "NAME", "candidates at a step: descend, best-first, fair"),
        "engines": (positive, "N", "search engines side by side; with one a run is repeatable"),
        "workers": (positive, "N", "trainings side by side; with one a run is repeatable"),
        "warm_start": (
            str,
            "RUN",
            "earlier run, also of another space, whose trials the scorer learns from first",
        ),
    }
    absent = {
        **{f"max_{quantity}": "the space's own budget" for quantity in QUANTITIES},
        "epochs": "the data set's own number",
        "table": "none, networks are trained",
        "search_metric": "none",
        "report_metric": "the search metric",
        "warm_start": "none",
    }
    for name, (kind, metavar, text) in settings.items():
        if names and name not in names:
            continue
        default = getattr(DEFAULTS, name)
        shown = absent[name] if default is None else default
        command.add_argument(
            "--" + name.replace("_", "-"),
            type=kind,
            default=None,  # not given; the configuration knows the default
            metavar=metavar,
            help=f"{text} (default: {shown})",
        )


def _settings(options: argparse.Namespace) -> Configuration:
    """The configuration that the options describe, checked."""
    given = {
        field.name: getattr(options, field.name)
        for field in dataclasses.fields(Configuration)
        if getattr(options, field.name, None) is not None
    }
    settings = Configuration(**given)
    configuration.check(settings)
    return configuration.absolute(settings)


def _run(options: argparse.Namespace) -> int:
    from architecto.runs import supervisor

    if options.connect is not None:
        return _connect(options)
    if options.key is not None:
        raise configuration.ConfigurationError("--key needs --connect tcp://ADDRESS:PORT")
    settings = _settings(options)
    configuration.free_directory(options.run, settings)
    configuration.check_budget(settings)
    return supervisor.supervise(configuration.run_directory(options.run, settings), settings)


def _connect(options: argparse.Namespace) -> int:
    from architecto.runs import connect

    budgets = {name: getattr(options, f"max_{name}") for name in configuration.QUANTITIES}
    own = ["space", "dataset", "strategy", "engines", *(f"max_{name}" for name in budgets)]
    fields = [field.name for field in dataclasses.fields(Configuration)]
    for name in ["run", *(name for name in fields if name not in own)]:
        if getattr(options, name, None) is not None:
            option = "--" + name.replace("_", "-")
            raise configuration.ConfigurationError(
                f"{option} has no meaning with --connect: nothing is trained or kept here"
            )
    engine = connect.command(
        options.connect,
        space=options.space or DEFAULTS.space,
        dataset=options.dataset,
        budgets=budgets,
        strategy=options.strategy or DEFAULTS.strategy,
        key=options.key and Path(options.key),
    )
    return connect.connect(options.connect, engine, engines=options.engines or DEFAULTS.engines)


def _resume(options: argparse.Namespace) -> int:
    from architecto.runs import supervisor

    run_dir = configuration.existing_directory(options.run)
    settings = configuration.load(run_dir)
    configuration.check(settings)
    if endpoint.of_run(run_dir) is not None:
        raise configuration.ConfigurationError(f"{run_dir} is in use by another process")
    if options.trials is not None:
        settings = dataclasses.replace(settings, trials=options.trials)
        settings.save(run_dir)
    return supervisor.supervise(run_dir, settings)


def _best(options: argparse.Namespace) -> int:
    from rich.console import Console

    from architecto.runs import report
    from architecto.study.study import Study, StudyError

    run_dir = configuration.existing_directory(options.run)
    configuration.load(run_dir)
    try:
        study = Study.open(run_dir, read_only=True)
    except StudyError as error:
        raise configuration.ConfigurationError(str(error)) from None
    if study.best is None:
        raise configuration.ConfigurationError(f"no trial of {run_dir} is complete yet")
    Console().print(report.BestTable(study.trials, n=options.n))
    if (run_dir / "best").is_dir():
        print(f"the best one's model: {run_dir / 'best' / 'model.py'}")
    return 0


def _swap(options: argparse.Namespace) -> int:
    from architecto.runs import swap

    run_dir = configuration.existing_directory(options.run)
    name = swap.swap_in_run(run_dir, options.scorer, options.key and Path(options.key))
    print(f"the scorer is now {name}")
    return 0


def _serve(options: argparse.Namespace) -> int:
    from architecto.runs import serve

    keys = options.keys and Path(options.keys)
    flags = {
        "end_with_stdin": options.end_with_stdin,
        "allow_scorer_files": options.allow_scorer_files,
    }
    if options.run_dir is not None:
        return serve.serve_run(Path(options.run_dir), options.endpoint, keys, **flags)
    return serve.serve_scores(_settings(options), options.endpoint, keys, **flags)


def _keys(options: argparse.Namespace) -> int:
    from architecto.conversation import keys

    folder = Path(options.folder)
    for file in keys.make(folder, options.engine):
        print(file)
    print(f"an engine on another machine needs {options.engine}.key_secret and agent.key")
    return 0


def _bench_search(options: argparse.Namespace) -> int:
    from architecto.runs import bench_search

    return bench_search.command(options)
