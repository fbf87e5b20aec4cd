"""The decisions of a run, read from its trace: what could be picked, what was. No torch here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from architecto.conversation import trace
from architecto.conversation.messages import MessageError
from architecto.conversation.sessions import Request, Sessions


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
    def at(self) -> tuple[str, int, int]:
        """Where it was made: session, episode and step."""
        return self.session, self.episode, self.step

    @property
    def text(self) -> str:
        """The text of the picked choice."""
        return self.candidates[self.picked]


def decisions(run_dir: Path, wanted: Callable[[str, int], bool]) -> Iterator[Decision]:
    """The picks of the episodes for which ``wanted(session, episode)`` holds, in order."""
    sessions = Sessions()
    for message in trace.messages(run_dir / "trace.jsonl"):
        if message.reply is None:
            continue
        header, reply = message.header, message.reply.header
        request = Request(b"", header, message.body)
        try:
            session = sessions.again(request)
            session.hear(request)
            if reply["type"] == "choose_reply" and wanted(session.name, header["episode"]):
                candidates = session.candidates(header["candidates"])
                yield Decision(
                    session=session.name,
                    episode=header["episode"],
                    step=header["step"],
                    candidates={index: session.texts[index] for index in candidates},
                    picked=reply["index"],
                    explored=reply["explored"],
                    scorer=reply["scorer"],
                )
            session.note(header, reply)
        except MessageError:  # the trace is damaged: the picks up to the next hello are left out
            sessions.pop(header["session"], None)
