"""Scorers by name. A scorer is one file and is swapped in one line:

    SCORER=transformer              a registered name
    SCORER=path/to/file.py:Class    a class in a file
    SCORER=package.module:Class     a class in an installed package

See `architecto.catalogue`; the group of entry points is `architecto.scorers`.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from architecto.catalogue import Catalogue, CatalogueError

if TYPE_CHECKING:
    from architecto.scorers.base import BaseScorer
    from architecto.scorers.guide_settings import GuideSettings


class ScorerError(CatalogueError):
    """A scorer that cannot be loaded or gave unusable scores; the message is one clear line."""


CATALOGUE = Catalogue(
    kind="scorer",
    group="architecto.scorers",
    base="architecto.scorers.base:BaseScorer",
    registered={
        "uniform": "architecto.scorers.uniform:UniformScorer",
        "random": "architecto.scorers.random:RandomScorer",
        "bag": "architecto.scorers.bag:BagScorer",
        "transformer": "architecto.scorers.transformer:TransformerScorer",
        "ensemble": "architecto.scorers.ensemble:EnsembleScorer",
    },
    error=ScorerError,
)
names = CATALOGUE.names
absolute = CATALOGUE.absolute


def check(spec: str) -> None:
    """Raise ScorerError unless `spec` names a scorer. Runs no code of it and imports no torch."""
    if is_object(spec):
        raise ScorerError(
            f"scorer {spec} was an object of a notebook and cannot be loaded by name: go on there "
            "with architecto.resume(RUN, scorer=…)"
        )
    CATALOGUE.check(spec)


def load(spec: str, *, seed: int, settings: GuideSettings | None = None) -> BaseScorer:
    """The scorer that `spec` names. `seed` (of the initial weights) and `settings` are given to
    constructors that have such parameters. Raises ScorerError with one line; no code of what
    `check` refuses is run."""
    check(spec)
    offered = {"seed": seed, "settings": settings}
    scorer: BaseScorer = CATALOGUE.create(spec, offered=offered)
    if not getattr(scorer, "name", ""):
        scorer.name = spec if spec in CATALOGUE.registered else type(scorer).__name__
    scorer.spec = spec
    return scorer


def make(given: object, *, seed: int, settings: GuideSettings | None = None) -> BaseScorer:
    """A scorer of anything that a notebook may give: what `load` takes, a BaseScorer or a class of
    one, or a function ``f(task, choices)``. Raises ScorerError with one line."""
    from architecto.scorers.base import BaseScorer
    from architecto.scorers.function import FunctionScorer

    if isinstance(given, str):
        return load(given, seed=seed, settings=settings)
    if inspect.isclass(given) and issubclass(given, BaseScorer):
        offered = {"seed": seed, "settings": settings}
        given = CATALOGUE.construct(given, given.__name__, offered=offered)
    elif callable(given) and not isinstance(given, BaseScorer) and not inspect.isclass(given):
        given = FunctionScorer(given)
    if not isinstance(given, BaseScorer):
        raise ScorerError(
            f"scorer: got {given!r}, expected a name, a BaseScorer or a function "
            "f(task, choices) that gives one number a choice"
        )
    given.name = given.name or type(given).__name__
    given.spec = given.spec or f"<{given.name}>"
    return given


def is_object(spec: str) -> bool:
    """Does a spec stand for an object of a notebook, which no other process can load?"""
    return spec.startswith("<")
