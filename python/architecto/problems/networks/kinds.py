"""The kinds of layers, as protocol/layers.json lists them for Racket and Python alike.

Nothing here imports torch. A row with a field that is not known, or a class that is not there, is a
`ValueError` when this module is imported; classes of `torch.nn` are looked up by `module`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).resolve().parents[4] / "protocol" / "layers.json"


@dataclass(frozen=True)
class Argument:
    """One argument of a layer."""

    name: str
    """PyTorch's."""
    says: str
    """A person's, in what Racket says."""
    kind: str = "integer"
    """integer, of at least `least`; real, from 0 to 1; or choice, one of `choices`."""
    least: int = 1
    default: int | None = None
    """PyTorch's default, for an argument that may be left out."""
    usual: int | str | None = None
    """A value, or the argument that has the same one: summaries do not tell it."""
    role: str = "free"
    """follows, where the shape that comes in decides it; out, where it is the size that the layer
    gives; else free."""
    choices: tuple[str, ...] = ()
    divides: tuple[str, ...] = ()
    """Arguments that it divides."""
    half_of: str | None = None
    """The argument whose half it is at the most."""


@dataclass(frozen=True)
class Join:
    """What a layer says of the branches that it joins."""

    branches: tuple[int, int | None]
    """The least and the greatest number of them; None: any."""
    alike: bool
    """Are their shapes equal, or all sizes but the first?"""
    expects: str


@dataclass(frozen=True)
class Kind:
    """What a layer's name stands for: a class with positional arguments."""

    name: str
    class_name: str
    """Of `torch.nn`; or behind a dot of `extra_layers`, `sequence_layers` or `joins`."""
    label: str
    """Modules are called label + number: `conv1`, `conv2`, …"""
    takes: tuple[str, ...] = ("image", "features", "series", "sequence")
    """Kinds of the shapes that the layer takes, see `shapes`; a join, from its branches."""
    gives: str = ""
    """Kind of the shape that comes out. Empty: that which comes in."""
    summary: str = ""
    """With arguments in braces; empty: its name."""
    arguments: tuple[Argument, ...] = ()
    join: Join | None = None
    first_only: bool = False
    """It can only be the first layer; its class takes the channels of the input first."""
    sides: int | None = None
    """Divides the height and the width of the image."""

    @property
    def required(self) -> int:
        return sum(argument.default is None for argument in self.arguments)

    @property
    def form(self) -> str:
        """How the layer is written: `(linear in_features out_features)`."""
        if self.join:
            least, most = self.join.branches
            parts = ["(LAYER …)"] * least + ["…"] * (most != least)
        else:
            optional = [a.name for a in self.arguments if a.default is not None]
            parts = [a.name for a in self.arguments if a.default is None]
            if optional:
                parts.append("[" + " [".join(optional) + "]" * len(optional))
        return "(" + " ".join([self.name, *parts]) + ")"


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}


def _kind(row: dict[str, Any], choices: Mapping[str, list[str]]) -> Kind:
    fields = _tuples(row)
    try:
        fields["class_name"] = fields.pop("class")
        fields["arguments"] = tuple(
            Argument(**_tuples(a | ({"choices": choices[a["choices"]]} if "choices" in a else {})))
            for a in row.get("arguments", ())
        )
        if "join" in row:
            fields["join"] = Join(**_tuples(row["join"]))
        kind = Kind(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"protocol/layers.json: {row.get('name')}: {error}") from None
    module, _, name = kind.class_name.rpartition(".")
    if module:
        source = Path(__file__).with_name(f"{module}.py").read_text()
        if not re.search(rf"^class {name}\b", source, re.MULTILINE):
            raise ValueError(
                f"protocol/layers.json: {kind.name}: expected a class {name} in {module}.py of "
                "architecto.problems.networks"
            )
    return kind


def _kinds() -> dict[str, Kind]:
    table = json.loads(_FILE.read_text())
    return {row["name"]: _kind(row, table["choices"]) for row in table["layers"]}


KINDS: dict[str, Kind] = _kinds()
"""Every kind of layer by its name in the text."""
