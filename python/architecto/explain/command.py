"""The command ``explain``: what it may be asked, and the checks before torch is imported."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.arguments import natural, positive
from architecto.runs import checkpoint, configuration
from architecto.runs.configuration import Configuration

from .decisions import Decision, decisions

if TYPE_CHECKING:
    from rich.console import Console

    from architecto.scorers.base import BaseScorer
    from architecto.study.study import TrialResult

CHOICES = 100
"""Choices that are looked at in a whole run; about 0.2 s each for the transformer on one core."""


class ExplainError(ValueError):
    """What cannot be explained; the message is one line for a person."""


def add_command(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    explain = add_parser("explain", help="show why a run's scorer values what it does")
    explain.description = (
        "Explain a decision on the way to a trial: the candidates with their scores, what each "
        "token is worth (occlusion), and where the scorer looks (attention), here and as an HTML "
        "page. Without --trial: which tokens and pairs of layers raise or lower the score in the "
        "whole run. A decision is explained with the scorer as it was then, which learns again "
        "what it knew (under a second a trial); a whole run with that of the latest checkpoint."
    )
    explain.add_argument("run", metavar="RUN", help="name below runs/, or a path with a slash")
    explain.add_argument("--trial", type=natural, metavar="N", help="a trial of the run")
    explain.add_argument(
        "--step",
        type=natural,
        metavar="K",
        help="a pick on the way to it, counted from 0 (default: all in overview, and the one at "
        "which the scores lie furthest apart)",
    )
    explain.add_argument(
        "--latest",
        action="store_true",
        help="explain the decision with the scorer of the latest checkpoint instead",
    )
    explain.add_argument(
        "--html", metavar="FILE", help="the page (default: RUN/explain/trial-N-step-K.html)"
    )
    explain.add_argument(
        "-n", type=positive, default=10, metavar="N", help="rows of each table (default: 10)"
    )
    explain.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; gives the exit status."""
    from rich.console import Console

    run_dir, console = configuration.existing_directory(options.run), Console()
    configuration.load(run_dir)
    if options.trial is None:
        for name, missing in (("step", None), ("html", None), ("latest", False)):
            if getattr(options, name) != missing:
                raise configuration.ConfigurationError(f"--{name} needs --trial")
        return explain_run(run_dir, console, rows=options.n)
    return explain_trial(
        run_dir,
        console,
        trial=options.trial,
        step=options.step,
        latest=options.latest,
        html=Path(options.html) if options.html else None,
        rows=options.n,
    )


def explain_run(run_dir: Path, console: Console, *, rows: int) -> int:
    """Print which tokens and pairs of layers raise or lower the score; gives the exit status."""
    settings = configuration.load(run_dir)
    found = {(t.facts.get("session"), t.facts.get("episode")) for t in _trials(run_dir)}
    picks = {d.text: d for d in decisions(run_dir, lambda *where: where in found)}
    if not picks:
        raise ExplainError(f"no pick of a trial stands in {run_dir / 'trace.jsonl'}")
    sample = list(picks.values())[:: max(1, -(-len(picks) // CHOICES))]
    scorer, note = _latest(run_dir, settings)

    from rich.progress import track

    from . import terminal
    from .effects import effects
    from .explanation import place_of

    console.print(f"{note}; {len(sample)} of the {len(picks)} choices on the way to its trials")
    console.print(
        "effect: score of a choice less its score without the token or layer, mean of the choices",
        highlight=False,
    )
    places = [place_of(decision, settings.seed) for decision in sample]
    looked_at = track(places, "choices", console=console, transient=True)
    for table in terminal.run_tables(effects(scorer, settings.sentence, looked_at), rows):
        console.print()
        console.print(table)
    return 0


def explain_trial(
    run_dir: Path,
    console: Console,
    *,
    trial: int,
    step: int | None,
    latest: bool,
    html: Path | None,
    rows: int,
) -> int:
    """Print one decision on the way to a trial, and write its page; gives the exit status.

    step: the pick, counted from 0. None: all of them in overview, and in full the one at which the
    candidates' scores lie furthest apart
    latest: explain with the scorer of the latest checkpoint, not the one that made the pick
    """
    settings = configuration.load(run_dir)
    picks = _picks(run_dir, trial)
    if step is not None and step >= len(picks):
        raise ExplainError(f"no step {step} in trial {trial}: its steps are 0 to {len(picks) - 1}")
    if latest:
        scorer, note = _latest(run_dir, settings)
    else:
        scorer, note = _then(run_dir, settings, picks[0], console)

    from . import page, terminal
    from .explanation import candidates, explain

    task, seed = settings.sentence, settings.seed
    if step is None:
        steps = [candidates(scorer, task, seed, decision) for decision in picks]
        console.print(f"{note}; trial {trial}, its picks from the first on", highlight=False)
        console.print(terminal.overview(steps, [decision.explored for decision in picks]))
        step = max(range(len(steps)), key=lambda i: steps[i][0].score - steps[i][-1].score)
        console.print(
            f"\nStep {step}, where the scores lie furthest apart (--step shows another)",
            highlight=False,
        )
    else:
        console.print(f"{note}; trial {trial}, step {step}", highlight=False)
    explanation = explain(scorer, task, seed, picks[step])
    console.print(explanation.how + "\n", highlight=False)
    terminal.show(console, explanation, rows)
    path = html or run_dir / "explain" / f"trial-{trial}-step-{step}.html"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        title = f"{run_dir.name}: trial {trial}, step {step}"
        path.write_text(page.page(explanation, title=title, note=note), encoding="utf-8")
    except OSError as error:
        raise ExplainError(f"cannot write {path}: {error.strerror}") from None
    console.print(f"\nthe page to look into: {path}", highlight=False, soft_wrap=True)
    return 0


def _trials(run_dir: Path) -> list[TrialResult]:
    from architecto.study.study import Study, StudyError

    try:
        trials = Study.open(run_dir, read_only=True).trials
    except StudyError as error:
        raise ExplainError(str(error)) from None
    if not trials:
        raise ExplainError(f"no trial of {run_dir} is finished yet")
    return trials


def _picks(run_dir: Path, number: int) -> list[Decision]:
    """The picks of the episode in which a trial's answer was found."""
    trials = {trial.number: trial for trial in _trials(run_dir)}
    if number not in trials:
        last = max(trials)
        raise ExplainError(f"no trial {number} in {run_dir}: its trials are 0 to {last}")
    facts: dict[str, Any] = trials[number].facts
    where = (facts.get("session"), facts.get("episode"))
    picks = list(decisions(run_dir, lambda *found: found == where))
    if not picks:
        raise ExplainError(
            f"no pick of trial {number} stands in {run_dir / 'trace.jsonl'}: nothing was chosen"
        )
    return picks


def _then(
    run_dir: Path, settings: Configuration, pick: Decision, console: Console
) -> tuple[BaseScorer, str]:
    """The scorer as it was when an episode's picks were made, and a line that says which it is."""
    from .history import scorer_at

    with console.status("learning again what the scorer knew then (--latest takes no time)"):
        scorer, learned = scorer_at(run_dir, settings, pick)
    if scorer.name != pick.scorer:
        raise ExplainError(
            f"the pick was made by scorer {pick.scorer}, and {run_dir} does not tell how it came "
            f"there: --latest explains the pick with the scorer of the latest checkpoint"
        )
    if scorer.learns:
        return scorer, f"scorer {scorer.name} as it was at the pick, after {learned} trials"
    return scorer, f"scorer {scorer.name}, which learns nothing"


def _latest(run_dir: Path, settings: Configuration) -> tuple[BaseScorer, str]:
    """The scorer of the run's latest checkpoint, and a line that says which it is."""
    saved = checkpoint.load(run_dir)
    if saved is None:
        what = "whole checkpoint" if checkpoint.exists(run_dir) else "checkpoint"
        raise ExplainError(f"no {what} in {run_dir}: a trial that ends there writes one")
    import torch

    from architecto import scorers

    torch.set_num_threads(1)
    position, state = saved
    scorer = scorers.load(
        position.scorer or settings.scorer, seed=settings.seed, settings=settings.guide
    )
    if state["scorer"]:
        scorer.load_state_dict(state["scorer"])
    if scorer.learns:
        return scorer, f"scorer {scorer.name} as it stands after {state['rewards']} trials"
    return scorer, f"scorer {scorer.name}, which learns nothing"
