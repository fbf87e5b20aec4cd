"""What the agent knows of engines: the choices that each sent, and the picks made among them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from architecto.conversation.messages import INDICES_LIMIT, MessageError, parse_choices, to_json
from architecto.conversation.record import Record
from architecto.learning.replay import Step

SESSIONS_LIMIT = 256
"""Sessions held at a time; the one that has been silent longest makes room."""
AT_WORK_S = 120.0
"""Seconds of silence after which an engine may have to make room for another."""
CHOICES_BYTES = 128 * 1024 * 1024
"""Bytes that the choices of all sessions may take; over it, sessions make room like that. An agent
that serves a run, and so its own engines, allows eight times as much: some million picks."""
CHOICE_BYTES = 256
"""What a choice takes beside its text: entries of dictionaries and sets, integers."""


@dataclass
class Request:
    """A message of an engine that keeps the protocol."""

    routing: bytes
    """The ZeroMQ address of its sender."""
    header: dict[str, Any]
    body: bytes
    _choices: list[tuple[int, int | None, str]] | None = None

    @property
    def choices(self) -> list[tuple[int, int | None, str]]:
        """The new choices in the body; raises MessageError if it holds something else."""
        if self._choices is None:
            self._choices = parse_choices(self.body)
        return self._choices


@dataclass
class Session:
    """The state of one engine's session, from its ``hello`` on.

    ``texts`` and ``parents`` hold every choice that the engine sent and has not closed. ``picks``
    keeps, for each choice that was picked, the step at which it was picked last: its text and its
    rivals, which is what learning needs later.
    """

    name: str
    routing: bytes
    """The ZeroMQ address of the engine's latest message; empty for one that the agent knows from
    the trace and has not heard yet."""
    hello: bytes = b""
    """The header with which the session began."""
    task: str = ""
    """The sentence under which its choices are scored."""
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
    keep_rivals: bool = False
    """Also keep what each pick was chosen from."""
    furthest: tuple[int, int] | None = None
    """Episode and step of the latest pick."""
    scorer: str = ""
    """The scorer that the latest reply names."""
    record: Record | None = None
    """Earlier replies, while the engine may be one that was restarted and asks for them again."""
    size: int = 0
    """Bytes that its choices and picks take, about."""
    stopped: tuple[int, bytes] | None = None
    """Id and header of a ``shutdown`` that the trace holds already."""
    left: bool = False
    """The engine took leave, or was told to stop."""
    gone: bool = False
    """The engine took leave."""

    def hear(self, request: Request) -> tuple[int, int, int, list[Step]] | None:
        """Take up what a request tells, before it is replied to: choices that were born or closed.

        Gives the latest pick if nothing is below it: episode, step, index and the path to it.
        """
        header, dead = request.header, None
        if header["type"] in ("choose", "scores"):
            self.learn(request.choices)
        if header["type"] == "choose":
            closed = header["closed"]
            if self.last is not None and self.last[2] in closed:
                dead = (*self.last, self.path(self.last[2]))
                self.last = None
            self.forget(closed)
        return dead

    def note(self, header: dict[str, Any], reply: dict[str, Any]) -> None:
        """Take up what was replied to a request, given by its header."""
        self.scorer = reply.get("scorer", self.scorer)
        match reply["type"]:
            case "choose_reply":
                self.pick(header, reply["index"])
            case "answer_reply":
                self.last = None
            case "shutdown":
                self.left = True
            case "shutdown_reply":
                self.left = self.gone = True

    def learn(self, choices: list[tuple[int, int | None, str]]) -> None:
        """Take up new choices: (index, parent, text) each."""
        texts = {index: text for index, _, text in choices}
        for index, text in texts.items():
            self.size += _size(text) - (_size(self.texts[index]) if index in self.texts else 0)
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

    def pick(self, header: dict[str, Any], index: int) -> None:
        """Note which candidate was picked for a ``choose``.

        Its rivals, where they are kept, are all candidates if the engine listed them. If it asked
        for every open choice, they are those with the same parent: a step then costs what is new
        and not what is open. Raises MessageError for a choice that was never sent.
        """
        if index not in self.texts:
            raise UnknownChoices([index])
        rivals = self.candidates(header["candidates"]) if self.keep_rivals else []
        if header["candidates"] == "all":
            parent = self.parents[index]
            rivals = [rival for rival in rivals if self.parents[rival] == parent]
        texts = [self.texts[rival] for rival in rivals]
        before = _size_of_pick(self.picks.get(index))
        self.picks[index] = Step(index=index, text=self.texts[index], candidates=texts)
        self.size += _size_of_pick(self.picks[index]) - before
        self.unexpanded.discard(index)
        self.last = (header["episode"], header["step"], index)
        self.furthest = (header["episode"], header["step"])

    def path(self, index: int) -> list[Step]:
        """The picks on the way from the root to a choice, first pick first.

        A finished answer may bear an index that was never sent: its way then ends at the
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


class Sessions(dict[str, Session]):
    """The sessions of an agent by their names, the one that has been silent longest first.

    trace: the file in which replies are recorded, if any
    clock: gives seconds
    choices_bytes: what the choices of all sessions may take
    on_diverged: told the name of a session whose engine leaves the record
    keep_rivals: sessions also keep what each pick was chosen from
    """

    def __init__(
        self,
        *,
        trace: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        choices_bytes: int = CHOICES_BYTES,
        on_diverged: Callable[[str], None] = lambda name: None,
    ) -> None:
        super().__init__()
        self._trace, self._clock = trace, clock
        self._choices_bytes, self._on_diverged = choices_bytes, on_diverged
        self.keep_rivals = False

    def again(self, request: Request) -> Session:
        """The session of a request that the trace holds; ``hello`` always begins one there."""
        if request.header["type"] == "hello":
            self.pop(request.header["session"], None)
        return self.of(request)

    def of(self, request: Request) -> Session:
        """The session of a request; raises MessageError if there is none.

        ``hello`` begins one anew, unless it is a repetition, or where replies are recorded the
        hello of an engine that was restarted: it goes on with its session. ``use_scorer`` needs
        none.
        """
        header = request.header
        name, type = header["session"], header["type"]
        session = self.pop(name, None)
        if session is not None and session.gone and type != "shutdown":
            session = None
        if type == "hello" and not (session and self._begins_again(session, header)):
            self._make_room(header)
            hello = to_json(header)
            session = Session(name, request.routing, hello=hello)
        if session is None:
            if type == "use_scorer":
                return Session(name, request.routing)
            raise MessageError("unknown_session", f"no session {name}: say hello first", header)
        session.heard_at, session.keep_rivals = self._clock(), self.keep_rivals
        self[name] = session  # the last one now: the first has been silent longest
        return session

    def given_before(self, session: Session, request: Request) -> list[bytes] | None:
        """The reply, if the request was carried out before.

        Raises MessageError if the engine is a restarted one that asks for something else than it
        did before: its choices are not those of the session, so that it must begin a new one.
        """
        header = request.header
        if session.reply_id == header["id"]:
            return session.reply
        if session.record is None:
            return None
        reply = session.record.reply(header, request.body)
        if reply is None:
            session.record = None
            at = (header.get("episode", 0), header.get("step", 0))
            if header["type"] == "choose" and session.furthest and at <= session.furthest:
                del self[session.name]
                self._on_diverged(session.name)
                text = f"session {session.name} went another way before: say hello again"
                raise MessageError("unknown_session", text, header)
        return reply

    def _begins_again(self, session: Session, header: dict[str, Any]) -> bool:
        """Is this hello a repetition, or that of an engine that was restarted?"""
        if session.reply_id == header["id"]:
            return True
        if self._trace is None or session.hello != to_json(header):
            return False
        session.record = Record.of(self._trace, session.name)
        session.left = False
        return session.record.reply(header, b"") is not None

    def _make_room(self, header: dict[str, Any]) -> None:
        """Forget the session that has been silent longest, where there are too many."""
        if len(self) < SESSIONS_LIMIT:
            return
        silent = next((s for s in self.values() if s.left), None)
        silent = silent or next(iter(self.values()))
        if self._at_work(silent):
            text = f"{SESSIONS_LIMIT} engines are at work here, which is the limit: try again later"
            raise MessageError("refused", text, header)
        del self[silent.name]

    def bound_choices(self, asking: Session) -> None:
        """Forget sessions while all take more bytes than they may: silent ones, else the largest.

        What is forgotten is an unknown session from then on: its engine says hello again and sends
        the choices that it needs. Raises MessageError if that happens to the one that asks.
        """
        while sum(session.size for session in self.values()) > self._choices_bytes:
            idle = (s for s in self.values() if s is not asking and not self._at_work(s))
            largest = max(self.values(), key=lambda session: session.size)
            name = next(idle, largest).name
            del self[name]
            if name == asking.name:
                text = f"session {name} held more than others may have beside it: say hello"
                raise MessageError("unknown_session", text)

    def all_left(self) -> bool:
        """Has every engine taken leave, or been told to stop? One that is known from the trace and
        is not heard for minutes will not come."""
        here = any(session.routing or session.gone for session in self.values())
        return here and all(
            session.left or not (session.routing or self._at_work(session))
            for session in self.values()
        )

    def _at_work(self, session: Session) -> bool:
        return not session.left and self._clock() - session.heard_at < AT_WORK_S


def _size(text: str) -> int:
    return CHOICE_BYTES + sys.getsizeof(text)


def _size_of_pick(pick: Step | None) -> int:
    return 0 if pick is None else CHOICE_BYTES + sum(map(_size, pick.candidates))


class UnknownChoices(MessageError):
    """Candidates that the agent does not hold; the engine sends them again."""

    def __init__(self, choices: list[int]) -> None:
        super().__init__("unknown_choices", f"{len(choices)} candidates were never sent: send them")
        self.choices = choices
