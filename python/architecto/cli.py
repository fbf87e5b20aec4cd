"""The command line: what can be asked, and the checks before anything heavy starts.

No command but ``serve`` and ``explain`` imports torch, and these only once all is checked.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Container
from pathlib import Path
from typing import Any, NoReturn

from architecto import __version__, data, problems, questions, settings
from architecto.arguments import positive
from architecto.conversation import endpoint
from architecto.explain import command as explain
from architecto.runs import config_file, configuration
from architecto.runs.configuration import Configuration
from architecto.scorers.guide_settings import GuideSettings

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
    """An argument parser whose errors are one line, and which takes whole names alone."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False} | settings)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help shows what is possible)\n")


def main(arguments: list[str]) -> int:
    """Carry out a command; gives the exit status. A mistake is one line on stderr and status 2."""
    name = arguments[0] if arguments else ""
    try:
        options = parser(_problem(arguments)).parse_args(arguments)
        name = options.name
        return options.command(options)
    except ValueError as error:
        print(f"architecto {name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone
        sys.stderr.close()
        return 1


def _problem(arguments: list[str]) -> str:
    """The problem that the arguments or their file name: what may be set depends on it."""
    first = Parser(prog="architecto", add_help=False)
    first.add_argument("--problem")
    first.add_argument("--config")
    known = first.parse_known_args(arguments)[0]
    if known.problem is not None:
        return known.problem
    said = config_file.read(Path(known.config)).get("problem") if known.config else None
    return said if isinstance(said, str) else Configuration.problem


def parser(problem: str = Configuration.problem) -> Parser:
    """The parser of every command, with the settings of a problem; raises a ValueError if there is
    no such problem."""
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
    _add_settings(run, problem)
    run.add_argument(
        "--config",
        metavar="TOML",
        help="file of settings, NAME = VALUE a line, named as these options without their hyphens "
        "in front; an option of the command line wins (default: none)",
    )
    run.add_argument(
        "--run",
        metavar="NAME",
        help="name of the run, written to runs/NAME, or a path with a slash "
        "(default: SPACE-DATASET-NUMBER, or the problem's name, the next free number)",
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
    run.set_defaults(command=_run, problem_of_parser=problem)

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
    _add_settings(serve, problem, ("scorer", "scorer_seconds", "seed"))
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
    data.add_command(commands.add_parser)
    questions.add_commands(commands.add_parser)
    return top


def _add_settings(
    command: argparse.ArgumentParser, problem: str, only: Container[str] | None = None
) -> None:
    """Add an option for each setting of a run and of its problem, or for those in ``only``."""
    settings.add_options(command, Configuration, only)
    if only is not None:
        return
    kind = problems.settings_class(problem)
    if settings.of(kind):
        title = f"settings of problem {problem}"
        settings.add_options(command.add_argument_group(title), kind)
    settings.add_options(command.add_argument_group("settings of the guide"), GuideSettings)


def _given(options: argparse.Namespace) -> dict[str, object]:
    """The settings that were given, by name."""
    problem = getattr(options, "problem", None) or Configuration.problem
    kinds = (Configuration, GuideSettings, problems.settings_class(problem))
    names = [name for kind in kinds for name in settings.names(kind)]
    found = {name: getattr(options, name, None) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _checked(given: Configuration) -> Configuration:
    """The same, checked and made absolute."""
    configuration.check(given)
    return configuration.absolute(given)


def _run(options: argparse.Namespace) -> int:
    from architecto.runs import supervisor

    if options.config is not None:
        _take_config(options)
    if options.connect is not None:
        return _connect(options)
    if options.key is not None:
        raise configuration.ConfigurationError("--key needs --connect tcp://ADDRESS:PORT")
    given = Configuration.of(**_given(options))
    wanted = _checked(given)
    configuration.free_directory(options.run, wanted)
    wanted = configuration.prepared(wanted)
    if introduction := given.searched.introduction():
        print(introduction)
    run_dir = configuration.run_directory(options.run, wanted)
    status = supervisor.supervise(run_dir, wanted)
    if status == supervisor.USER_ERROR:
        configuration.remove_unbegun(run_dir)
    return status


def _take_config(options: argparse.Namespace) -> None:
    """Set the options that the file names and the command line does not; raises a ValueError."""
    problem = options.problem_of_parser
    kinds = (Configuration, GuideSettings, problems.settings_class(problem))
    names = [name for kind in kinds for name in settings.names(kind)]
    path = Path(options.config)
    for name, value in config_file.given(path, (*names, *_OF_RUN)).items():
        if name in (*_OF_RUN, "problem") and not isinstance(value, str):
            raise config_file.ConfigError(f"{path}: {name} is {value!r}, expected a string")
        if getattr(options, name) is None:
            setattr(options, name, value)


_OF_RUN = ("run", "connect", "key")
"""The options of `run` that are no settings of a run."""


def _connect(options: argparse.Namespace) -> int:
    from architecto.runs import connect

    given = _given(options)
    own = settings.names(problems.settings_class(options.problem or Configuration.problem))
    for name in ["run", *given]:
        if getattr(options, name) is not None and name not in (*own, *connect.SETTINGS):
            raise configuration.ConfigurationError(
                f"{settings.option(name)} has no meaning with --connect: nothing is evaluated or "
                "kept here"
            )
    wanted = Configuration.of(**given)
    engine = connect.command(options.connect, wanted, key=options.key and Path(options.key))
    return connect.connect(options.connect, engine, count=wanted.engines)


def _resume(options: argparse.Namespace) -> int:
    from architecto.runs import supervisor

    run_dir = configuration.existing_directory(options.run)
    wanted = configuration.load(run_dir)
    configuration.check(wanted)
    configuration.fetch(wanted)
    if endpoint.of_run(run_dir) is not None:
        raise configuration.ConfigurationError(f"{run_dir} is in use by another process")
    if options.trials is not None:
        wanted = wanted.but(trials=options.trials)
        wanted.save(run_dir)
    return supervisor.supervise(run_dir, wanted)


def _best(options: argparse.Namespace) -> int:
    from rich.console import Console

    from architecto.runs import report
    from architecto.study.study import Study, StudyError

    run_dir = configuration.existing_directory(options.run)
    problem = configuration.load(run_dir).searched
    try:
        study = Study.open(run_dir, read_only=True)
    except StudyError as error:
        raise configuration.ConfigurationError(str(error)) from None
    if study.best is None:
        raise configuration.ConfigurationError(f"no trial of {run_dir} is complete yet")
    Console().print(report.BestTable(study.trials, problem, n=options.n))
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
    checked = _checked(Configuration.of(**_given(options)))
    return serve.serve_scores(checked, options.endpoint, keys, **flags)


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
