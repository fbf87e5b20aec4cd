"""What a restarted agent reads back from the trace: its sessions, what its checkpoint missed.

An agent is a function of what it heard: the checkpoint holds what it made of the trace up to some
byte, and what came after is carried out again, from the same state, with the same results. Picks
are made again too, since they warm the same caches; the index that counts is the recorded one.
"""

from __future__ import annotations

from pathlib import Path

from architecto.conversation import trace
from architecto.conversation.messages import MessageError
from architecto.conversation.record import Record
from architecto.conversation.service import Service, architecture_of, facts_of
from architecto.conversation.sessions import Request
from architecto.runs.checkpoint import Position


def recover(service: Service, path: Path, position: Position) -> None:
    """Bring sessions and agent to where the trace at ``path`` ends.

    The agent was restored from a checkpoint that had seen the trace up to a byte; it is told what
    came after. Sessions are rebuilt from every line. No message is sent.
    """
    if service.trials:
        service.trials.begin_again(position.heard, position.out)
    for message in trace.messages(path):
        if message.reply is None:
            service.told.add(message.header["trial"])
            continue
        try:
            _carry_out_again(service, path, message, new=message.start >= position.trace)
        except MessageError:  # the lines before it are lost: its engine starts a new session
            service.sessions.pop(message.header["session"], None)
    for session in service.sessions.values():
        session.routing, session.left = b"", session.gone


def _carry_out_again(service: Service, path: Path, message: trace.Message, *, new: bool) -> None:
    """Do again what a recorded request did; ``new`` if the agent does not know of it yet."""
    assert message.reply is not None
    header, reply, trials = message.header, message.reply.header, service.trials
    request = Request(b"", header, message.body)
    service.episode = max(service.episode, reply.get("episode", 0))
    if header["type"] == "hello":
        service.sessions.pop(header["session"], None)
    session = service.sessions.of(request)
    session.record = session.record or Record(path)
    session.record.add(message)
    session.scorer = reply.get("scorer", session.scorer)
    match reply["type"]:
        case "choose_reply":
            service.take_up(session, request, tell=new)
            candidates = session.candidates(header["candidates"])
            if new:
                if header["step"] == 0 and trials:
                    while service.learn_and_dispatch():
                        pass
                service.decide(session, header, candidates)
            session.pick(header, candidates, reply["index"])
        case "shutdown" if new and header["type"] == "choose" and header["step"] == 0 and trials:
            service.take_up(session, request)
            while service.learn_and_dispatch():
                pass
        case "answer_reply" if new and reply["status"] != "known" and trials:
            service.hand_over(session, header, architecture_of(message.body))
        case "answer_reply":
            session.last = None
            if reply["status"] != "known" and trials:
                trials.note(architecture_of(message.body), facts_of(header, session.scorer))
        case "episode_end_reply" if header["outcome"] == "exhausted" and trials:
            trials.exhausted = True
        case "scores_reply":
            session.learn(request.choices)
        case "use_scorer_reply" if new:
            service.use_scorer(header["scorer"])
        case "shutdown_reply":
            session.left = session.gone = True
    if reply["type"] == "shutdown":  # no reply any more: the run may have got more trials since
        session.stopped = header["id"], message.reply.frames[0]
    else:
        session.reply_id, session.reply = header["id"], message.reply.frames
