"""Problems by name: what a run searches.

networks                a registered name, or one of an installed package's entry points
FILE.rkt                a Racket file with a ``define-problem``: any relation
FILE.py:Class           a BaseProblem of a user's own
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from architecto.catalogue import Catalogue
from architecto.problems.base import BaseProblem, NoSettings, ProblemError
from architecto.problems.relation import Relation

CATALOGUE = Catalogue(
    kind="problem",
    group="architecto.problems",
    base="architecto.problems.base:BaseProblem",
    registered={"networks": "architecto.problems.networks.problem:Networks"},
)


def settings_class(spec: str) -> type:
    """The dataclass of what may be set of a problem; raises a ValueError with one line."""
    if is_file(spec):
        return NoSettings
    kind: type = CATALOGUE.load(spec).Settings
    if not dataclasses.is_dataclass(kind):
        raise ProblemError(f"problem {spec}: Settings is {kind!r}, expected a frozen dataclass")
    return kind


def stored(spec: str, given: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Settings with the objects among them written into `folder`, see `BaseProblem.stored`."""
    if not isinstance(spec, str) or is_file(spec):
        return given
    found: dict[str, Any] = CATALOGUE.load(spec).stored(given, folder)
    return found


def open(spec: str, chosen: Any) -> BaseProblem:
    """The problem of a spec, with its settings; raises a ValueError with one line."""
    if is_file(spec):
        return Relation(spec)
    problem: BaseProblem = CATALOGUE.create(spec, {"settings": chosen})
    return problem


def absolute(spec: str) -> str:
    """The same spec, the path of its file made absolute."""
    return str(Path(spec).resolve()) if is_file(spec) else CATALOGUE.absolute(spec)


def is_file(spec: str) -> bool:
    """Is the problem a Racket file?"""
    return spec.endswith(".rkt")
