"""The recipe as settings of a run: each value fixed, or `search`; and what an engine is told of it.

Nothing here imports torch.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from architecto.problems.networks.recipe import (
    FACTS,
    PARTS,
    VALUES,
    Changes,
    Recipe,
    RecipeError,
    Value,
    check_values,
)
from architecto.settings import setting

SEARCH = "search"
"""The value of a setting that leaves it to the search."""


def fields() -> list[tuple[str, Any, Any]]:
    """The fields of a dataclass of settings, one for each value, None where it is not given."""
    made: list[tuple[str, Any, Any]] = []
    for value in VALUES.values():
        absent = "the data set's own" if value.default in FACTS else str(value.default)
        if value.default_of:
            absent += "".join(f", {other:g} of {name}" for name, other in value.default_of.items())
        grid = ", ".join(map(str, value.grid or value.factors))
        times = " times the data set's own" if value.factors else ""
        meaning = f"{value.meaning}; search: one of {grid}{times}"
        if value.choices:
            words: tuple[str, ...] = (*value.choices, SEARCH)
            meaning = f"{value.meaning}: {', '.join(words)}"
            field = setting(None, meaning, words=words, absent=absent)
        else:
            metavar = "X" if value.kind == "real" else "N"
            field = setting(
                None, meaning, metavar=metavar, least=value.least, words=(SEARCH,), absent=absent
            )
        kind = {"real": float | str | None, "integer": int | str | None}
        made.append((value.name, kind.get(value.kind, str | None), field))
    return made


def fixed(settings: Any) -> Changes:
    """What settings say of a recipe, None where they do not, or leave it to the search."""
    said = {name: getattr(settings, name) for name in VALUES}
    return {name: None if value == SEARCH else value for name, value in said.items()}


def check(settings: Any, facts: Any) -> None:
    """Raise RecipeError for a setting that cannot be, or does not fit the data set."""
    given = {name: getattr(settings, name) for name in VALUES}
    for name, value in given.items():
        if value is not None and value != SEARCH:
            try:
                VALUES[name].checked(value)
            except RecipeError as error:
                raise RecipeError(f"--{error}") from None
    check_values(given, facts.input_kind, facts.task_kind, facts.name, dashes="--")


def template(settings: Any, facts: Any) -> str | None:
    """The term in which each searched value is the list of its choices, for an engine.

    It has the parts with such a value alone; None where there is none.
    """
    now = dataclasses.asdict(Recipe.of(facts, fixed(settings)))
    parts = []
    for part in PARTS:
        given = [getattr(settings, value.name) for value in part.values]
        if SEARCH not in given:
            continue
        head = part.values[0].head
        while len(given) > 1 + head and given[-1] is None:  # its default may depend on the others
            given.pop()
        said = [
            f"({' '.join(_written(value, choice) for choice in value.searched(now[value.name]))})"
            if setting == SEARCH
            else value.text(now[value.name])
            for value, setting in zip(part.values, given, strict=False)
        ]
        parts.append(f"({' '.join([*([] if head else [part.name]), *said])})")
    return f"(training {' '.join(parts)})" if parts else None


def _written(value: Value, choice: Any) -> str:
    """A choice of a template: one word also where its words stand apart in a recipe."""
    return str(choice) if value.choices else value.text(choice)
