"""The decisions of a run, read from its trace: what could be picked, what was. No torch here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from architecto.conversation import trace
from architecto.conversation.messages import parse_choices


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
    for message in trace.messages(run_dir / "trace.jsonl"):
        asked, kind, session = message.header, message.header["type"], message.header["session"]
        if message.reply is None:
            continue
        if kind == "hello":
            engines[session] = _Choices()
        elif kind in ("choose", "scores") and session in engines:
            engines[session].learn(message.body, asked.get("closed", []))
        reply = message.reply.header
        if reply["type"] == "choose_reply" and session in engines:
            choices = engines[session]
            known = reply["index"] in choices.texts  # not where the trace is damaged
            if known and wanted(session, asked["episode"]):
                yield Decision(
                    session=session,
                    episode=asked["episode"],
                    step=asked["step"],
                    candidates=choices.candidates(asked["candidates"]),
                    picked=reply["index"],
                    explored=reply["explored"],
                    scorer=reply["scorer"],
                )
            choices.open.discard(reply["index"])


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
        return {i: self.texts[i] for i in indices if isinstance(i, int) and i in self.texts}
