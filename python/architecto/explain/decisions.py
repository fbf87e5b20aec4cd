"""The decisions of a run, read from its trace: what could be picked, what was. No torch here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from architecto import trace
from architecto.messages import parse_choices


@dataclass(frozen=True)
class Decision:
    """One pick of the agent.

    candidates: text of each choice that could be picked, by index, in the order asked
    picked: index of the choice that was
    explored: it was not the best-scored one; scorer: who picked
    """

    session: str
    episode: int
    step: int
    candidates: dict[int, str]
    picked: int
    explored: bool
    scorer: str

    @property
    def text(self) -> str:
        """The text of the picked choice."""
        return self.candidates[self.picked]


def decisions(run_dir: Path, wanted: Callable[[str, int], bool]) -> Iterator[Decision]:
    """The picks of the episodes for which ``wanted(session, episode)`` holds, in order."""
    engines: dict[str, _Choices] = {}
    asked: dict[str, Any] = {}
    for record in trace.read(run_dir / "trace.jsonl"):
        header = record["header"]
        kind, session = header["type"], header.get("session", "")
        if record["direction"] == "in":
            asked = header
            if kind == "hello":
                engines[session] = _Choices()
            elif kind in ("choose", "scores"):
                engines[session].learn("\n".join(record["body"]).encode(), header.get("closed", []))
        elif kind == "choose_reply" and header["id"] == asked.get("id"):
            choices = engines[session]
            if wanted(session, asked["episode"]):
                yield Decision(
                    session=session,
                    episode=asked["episode"],
                    step=asked["step"],
                    candidates=choices.candidates(asked["candidates"]),
                    picked=header["index"],
                    explored=header["explored"],
                    scorer=header["scorer"],
                )
            choices.open.discard(header["index"])


@dataclass
class _Choices:
    """The choices that one engine sent. open: those that ``"all"`` stands for"""

    texts: dict[int, str] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)

    def learn(self, body: bytes, closed: list[int]) -> None:
        for index, _, text in parse_choices(body):
            if index not in self.texts:
                self.open.add(index)
            self.texts[index] = text
        self.open.difference_update(closed)

    def candidates(self, asked: str | list[int]) -> dict[int, str]:
        indices = sorted(self.open) if asked == "all" else asked
        return {index: self.texts[index] for index in indices if isinstance(index, int)}
