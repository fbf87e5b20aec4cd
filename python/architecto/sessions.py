"""What the agent knows of one engine: the choices that it sent, and the picks made among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from architecto.messages import INDICES_LIMIT, MessageError
from architecto.replay import Step

if TYPE_CHECKING:
    from architecto.record import Record

CHOICE_BYTES = 256
"""What a choice takes beside its text: entries of dictionaries and sets, integers."""


@dataclass
class Session:
    """The state of one engine's session, from its ``hello`` on.

    ``texts`` and ``parents`` hold every choice that the engine sent and has not closed. ``picks``
    keeps, for each choice that was picked, the step at which it was picked last: its text and its
    rivals, which is what the learner needs later.
    """

    name: str
    routing: bytes
    """The ZeroMQ address of the engine's latest message; empty for one that the agent knows from
    the trace and has not heard yet."""
    hello: bytes = b""
    """The header with which the session began."""
    heard_at: float = 0.0
    """When the engine's latest message came, in seconds."""
    texts: dict[int, str] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)
    picks: dict[int, Step] = field(default_factory=dict)
    unexpanded: set[int] = field(default_factory=set)
    """The choices that ``"all"`` stands for: sent, not closed, not picked, no child sent."""
    last: tuple[int, int, int] | None = None
    """Episode, step and index of the latest pick whose outcome is not known yet."""
    reply_id: int | None = None
    reply: list[bytes] = field(default_factory=list)
    """The latest reply, kept so that the same request gets the same bytes again."""
    furthest: tuple[int, int] | None = None
    """Episode and step of the latest pick."""
    scorer: str = ""
    """On recovery, the scorer that the latest reply names."""
    record: Record | None = None
    """Earlier replies, while the engine may be one that was restarted and asks for them again."""
    size: int = 0
    """Bytes that its choices and picks take, about."""
    left: bool = False
    """The engine took leave, or was told to stop."""
    gone: bool = False
    """The engine took leave."""

    def learn(self, choices: list[tuple[int, int | None, str]]) -> None:
        """Take up new choices: (index, parent, text) each."""
        texts = {index: text for index, _, text in choices}
        for index, text in texts.items():
            self.size += len(text) - len(self.texts[index]) if index in self.texts else _size(text)
        parents = {index: parent for index, parent, _ in choices}
        self.texts.update(texts)
        self.parents.update(parents)
        self.unexpanded.update(texts)
        self.unexpanded.difference_update(parents.values(), self.picks.keys() & texts.keys())

    def candidates(self, asked: str | list[int]) -> list[int]:
        """The indices to pick from; raises MessageError if one of them was never sent."""
        if asked == "all":
            if not self.unexpanded:
                raise MessageError("bad_header", 'candidates is "all" and no choice is open')
            return sorted(self.unexpanded)
        if not self.texts.keys() >= set(asked):
            unknown = [index for index in asked if index not in self.texts]
            raise UnknownChoices(unknown[:INDICES_LIMIT])  # type: ignore[arg-type]
        return list(asked)  # type: ignore[arg-type]

    def pick(self, header: dict[str, Any], candidates: list[int], index: int) -> None:
        """Note which of the candidates was picked for a ``choose``.

        Its rivals are all candidates if the engine listed them. If it asked for every open choice,
        they are those with the same parent: a step then costs what is new and not what is open.
        """
        rivals = candidates
        if header["candidates"] == "all":
            parent = self.parents[index]
            rivals = [rival for rival in candidates if self.parents[rival] == parent]
        texts = [self.texts[rival] for rival in rivals]
        before = _size_of_pick(self.picks.get(index))
        self.picks[index] = Step(index=index, text=self.texts[index], candidates=texts)
        self.size += _size_of_pick(self.picks[index]) - before
        self.unexpanded.discard(index)
        self.last = (header["episode"], header["step"], index)
        self.furthest = (header["episode"], header["step"])

    def path(self, index: int) -> list[Step]:
        """The picks on the way from the root to a choice, first pick first.

        A finished architecture may bear an index that was never sent: its way then ends at the
        latest pick.
        """
        current: int | None = index
        if index not in self.parents and self.last is not None:
            current = self.last[2]
        steps = []
        seen = set()
        while current is not None and current not in seen:
            seen.add(current)
            if current in self.picks:
                steps.append(self.picks[current])
            current = self.parents.get(current)
        return steps[::-1]

    def forget(self, closed: list[int]) -> None:
        """Drop choices below which nothing is left."""
        for index in closed:
            text, pick = self.texts.pop(index, None), self.picks.pop(index, None)
            self.size -= (_size(text) if text is not None else 0) + _size_of_pick(pick)
            self.parents.pop(index, None)
            self.unexpanded.discard(index)


def _size(text: str) -> int:
    return CHOICE_BYTES + len(text)


def _size_of_pick(pick: Step | None) -> int:
    return 0 if pick is None else CHOICE_BYTES + 8 * len(pick.candidates)


class UnknownChoices(MessageError):
    """Candidates that the agent does not hold; the engine sends them again."""

    def __init__(self, choices: list[int]) -> None:
        super().__init__("unknown_choices", f"{len(choices)} candidates were never sent: send them")
        self.choices = choices
