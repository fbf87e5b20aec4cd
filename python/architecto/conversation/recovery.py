"""What a restarted agent reads back from the trace: its sessions, what its checkpoint missed.

An agent is a function of what it heard: the checkpoint holds what it made of the trace up to some
byte, and what came after is carried out again, from the same state, with the same results. Picks
are made again too, since they warm the same caches; the index that counts is the recorded one.
"""

from __future__ import annotations

from pathlib import Path

from architecto.conversation import trace
from architecto.conversation.messages import MessageError
from architecto.conversation.position import Position
from architecto.conversation.record import Record
from architecto.conversation.service import Service, facts_of
from architecto.conversation.sessions import Request, Session


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
            session = repeat(service, message, new=message.start >= position.trace)
            session.record = session.record or Record(path)
            session.record.add(message)
        except MessageError:  # the lines before it are lost: its engine starts a new session
            service.sessions.pop(message.header["session"], None)
    for session in service.sessions.values():
        session.routing, session.left = b"", session.gone


def repeat(
    service: Service, message: trace.Message, *, new: bool = True, picks: bool = True
) -> Session:
    """Do again what a request in the trace did; gives its session.

    Its reply is the recorded one, whatever the agent would say now.

    new: the agent has not heard of it; else only the sessions change, and what is known of answers
        that wait
    picks: have the agent pick as it did then, which warms the same caches

    Raises MessageError where the lines before it are lost, ValueError if a scorer cannot be loaded.
    """
    assert message.reply is not None
    request = Request(b"", message.header, message.body)
    header, reply = message.header, message.reply.header
    session = service.sessions.again(request)
    service.episode = max(service.episode, reply.get("episode", 0))
    service.hear(session, request, tell=new)
    match reply["type"]:
        case "choose_reply" | "shutdown" if new and header["type"] == "choose":
            if header["step"] == 0:
                service.begin_episode()
            if picks and reply["type"] == "choose_reply":
                service.decide(session, header, session.candidates(header["candidates"]))
        case "answer_reply" if reply["status"] != "known" and service.trials:
            found = service.answer_in(message.body)
            if new:
                service.hand_over(session, header, found)
            else:
                service.trials.note(found, facts_of(header, session))
        case "use_scorer_reply" if new:
            service.use_scorer(header["scorer"])
    session.note(header, reply)
    if reply["type"] == "shutdown":  # no reply any more: the run may have got more trials since
        session.stopped = header["id"], message.reply.frames[0]
    else:
        session.reply_id, session.reply = header["id"], message.reply.frames
    return session
