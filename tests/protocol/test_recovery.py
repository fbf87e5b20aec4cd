"""What a restarted agent reads back from the trace, and what a restarted engine gets again."""

import json
from pathlib import Path

import protocol_doubles as doubles
import pytest
from protocol_doubles import DEEPER, HELLO, NETWORK, at, find, replies

from architecto import json_lines
from architecto.conversation import messages, trace
from architecto.conversation.position import Position
from architecto.conversation.recovery import recover


def test_what_cannot_be_read_in_a_trace_is_set_aside_and_the_rest_stays_where_it_is(tmp_path):
    path, said = tmp_path / "t.jsonl", []
    server, _ = doubles.run_server(tmp_path, trace=trace.Trace(path))
    find(doubles.request_sender(server), id=1, architecture=NETWORK)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    damaged = b"\0" * 20 + lines[2][20:]
    path.write_bytes(b"".join([*lines[:2], damaged, *lines[3:], b'{"t":2,"dir']))
    found = list(trace.messages(path))
    assert [m.header["type"] for m in found] == ["hello", "answer"]
    assert not trace.Trace(tmp_path / "other.jsonl").is_damaged
    writer = trace.Trace(path, say=said.append)
    assert writer.is_damaged and writer.size == len(whole)
    assert f"{len(damaged)} bytes cannot be read" in said[0] and "t.jsonl.damaged" in said[0]
    assert (tmp_path / "t.jsonl.damaged").read_bytes() == damaged
    assert list(trace.messages(path)) == found
    trace.Trace(path, say=said.append)
    assert len(said) == 1


@pytest.mark.parametrize("finished", [False, True])
def test_a_restarted_server_goes_on_where_the_trace_ends(tmp_path, finished):
    """Killed while an evaluation is out, or after its result was stored and before it was told."""
    path = tmp_path / "t.jsonl"
    study = doubles.MemoryStudy()
    server, executor = doubles.run_server(tmp_path, study=study, trace=trace.Trace(path))
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    if finished:
        executor.finish(reward=0.5)
        server.trials.poll()

    server, executor = doubles.run_server(tmp_path, study=study, trace=trace.Trace(path))
    recover(server.service, path, Position())
    send = doubles.request_sender(server)
    again = send("answer", NETWORK.encode(), id=3, **at(1, 1), index=1)
    assert replies(again)[0]["status"] == "queued"  # the old reply, byte for byte
    waiting = send("choose", id=4, **at(2, 0), candidates=[1, 2])
    if not finished:
        assert replies(waiting)[0]["type"] == "working"
        executor.finish(reward=0.5)
        server.trials.poll()
        server.resume_waiting()
        waiting = [(json.loads(header), body) for _, header, body in server.take_sent()]
    assert replies(waiting)[-1]["index"] == 1  # the texts of 1 and 2 were not sent again
    assert server.agent.rewards == {NETWORK: 0.5}
    assert len(study.trials) == 1


def test_recovery_does_not_tell_the_agent_what_its_checkpoint_knows(tmp_path):
    """It was saved when the first trial was learned from; the second is out."""
    path = tmp_path / "t.jsonl"
    saved = []
    study = doubles.MemoryStudy()
    settings = {"study": study, "count": 9}
    server, executor = doubles.run_server(
        tmp_path, trace=trace.Trace(path), checkpoint=saved.append, **settings
    )
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    assert saved == []
    executor.finish(reward=0.5)
    server.trials.poll()
    send("choose", id=4, **at(2, 0), candidates=[1, 2])
    [position] = saved
    assert (position.trace, position.heard, position.out) == (path.stat().st_size, [0], {})
    send("answer", DEEPER.encode(), id=5, **at(2, 1), index=1)

    server, executor = doubles.run_server(tmp_path, trace=trace.Trace(path), **settings)
    recover(server.service, path, position)
    assert (list(server.agent.held), server.agent.learned) == ([DEEPER], [])
    assert len(executor.running) == 1


def test_without_a_checkpoint_the_agent_learns_again_what_the_trace_tells(tmp_path):
    path = tmp_path / "t.jsonl"
    study = doubles.MemoryStudy()
    server, executor = doubles.run_server(tmp_path, study=study, trace=trace.Trace(path))
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    executor.finish(reward=0.5)
    server.trials.poll()
    send("choose", id=4, **at(2, 0), candidates=[1, 2])
    send("answer", DEEPER.encode(), id=5, **at(2, 1), index=1)
    executor.finish(reward=0.25)
    server.trials.poll()
    before = recorded(path)

    server, executor = doubles.run_server(tmp_path, study=study, trace=trace.Trace(path))
    recover(server.service, path, Position())
    assert (server.agent.learned, server.agent.picks) == ([NETWORK], 2)
    send = doubles.request_sender(server)
    header = replies(send("choose", id=6, **at(3, 0), candidates=[1, 2]))[-1]
    assert header["type"] == "shutdown"
    assert server.agent.learned == [NETWORK, DEEPER] and not executor.running
    told = [
        line["header"]["trial"] for line in recorded(path) if line["header"]["type"] == "reward"
    ]
    assert told == [0, 1] and recorded(path)[: len(before)] == before


def test_every_engine_has_episodes_of_its_own(tmp_path):
    """The numbers stay apart when the agent is started again."""
    path = tmp_path / "t.jsonl"
    numbers = []
    for _ in range(2):
        server, _ = doubles.run_server(tmp_path, trace=trace.Trace(path))
        recover(server.service, path, Position())
        for name in ("a", "b"):
            send = doubles.request_sender(server)
            [header] = replies(send("hello", id=1, session=name, **HELLO))
            numbers.append(header["episode"])
            end = {"session": name, "episode": header["episode"], "outcome": "limit"}
            [header] = replies(send("episode_end", id=2, **end))
            numbers.append(header["episode"])
            send("shutdown", id=3, session=name)
    assert numbers == [1, 2, 3, 4, 5, 6, 7, 8]


def recorded(path) -> list[dict]:
    """The lines of a trace without their times."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in ("t", "crc")} for line in lines]


def test_a_restarted_engine_gets_the_same_replies_again_and_goes_on(tmp_path):
    """Killed in its second episode; the agent picks and learns nothing anew, the trace stays."""
    path = tmp_path / "t.jsonl"
    server, executor = doubles.run_server(tmp_path, trace=trace.Trace(path))
    first = doubles.request_sender(server, b"e0")
    said = find(first, id=1, architecture=NETWORK)
    said += first("episode_end", id=4, episode=1, outcome="answer")
    executor.finish(reward=0.5)
    server.trials.poll()
    said += first("choose", b"3 2 (c)", id=5, **at(2, 0), candidates=[2, 3])[1:]
    before, picks, state = recorded(path), server.agent.picks, server.service.sessions["engine-0"]

    again = doubles.request_sender(server, b"e1")
    assert said == [
        *find(again, id=1, architecture=NETWORK),
        *again("episode_end", id=4, episode=1, outcome="answer"),
        *again("choose", b"3 2 (c)", id=5, **at(2, 0), candidates=[2, 3]),
    ]
    assert recorded(path) == before
    assert (server.agent.picks, server.agent.learned) == (picks, [NETWORK])
    assert server.service.sessions["engine-0"] is state
    [reply] = replies(again("choose", b"4 3 (d)\n5 3 (e e)", id=6, **at(2, 1), candidates=[4, 5]))
    assert reply["index"] == 4
    assert [pick.text for pick in state.path(4)] == ["(c)", "(d)"]


def test_an_agent_that_dies_while_an_engine_asks_again_goes_on_giving_the_same_replies(tmp_path):
    path = tmp_path / "t.jsonl"
    study = doubles.MemoryStudy()
    server, _ = doubles.run_server(tmp_path, study=study, trace=trace.Trace(path))
    said = find(doubles.request_sender(server, b"e0"), id=1, architecture=NETWORK)
    again = doubles.request_sender(server, b"e1")
    assert again("hello", id=1, **HELLO) == said[:1]

    server, _ = doubles.run_server(tmp_path, study=study, trace=trace.Trace(path))
    recover(server.service, path, Position())
    again = doubles.request_sender(server, b"e1")
    choices = b"1 - (a)\n2 - (bb)"
    assert again("choose", choices, id=2, **at(1, 0), candidates=[1, 2]) == said[1:2]
    assert again("answer", NETWORK.encode(), id=3, **at(1, 1), index=1) == said[2:]


def test_a_restarted_engine_that_asks_for_something_else_begins_a_new_session(tmp_path):
    """Its space was changed meanwhile: the choices of the session are not its own."""
    path = tmp_path / "t.jsonl"
    server, _ = doubles.run_server(tmp_path, trace=trace.Trace(path))
    find(doubles.request_sender(server, b"e0"), id=1, architecture=NETWORK)
    again = doubles.request_sender(server, b"e1")
    again("hello", id=1, **HELLO)
    [error] = replies(again("choose", b"1 - (z)", id=2, **at(1, 0), candidates=[1]))
    assert error["code"] == "unknown_session"
    [hello] = replies(again("hello", id=3, **HELLO))
    assert hello["episode"] == 2
    waiting = again("choose", b"1 - (z)", id=4, **at(2, 0), candidates=[1])
    assert replies(waiting)[0]["type"] == "working"


def test_a_restarted_engine_that_waits_gets_the_reply_that_the_dead_one_waited_for(tmp_path):
    path = tmp_path / "t.jsonl"
    server, executor = doubles.run_server(tmp_path, trace=trace.Trace(path))
    first = doubles.request_sender(server, b"e0")
    said = find(first, id=1, architecture=NETWORK)
    begin = {"id": 4, **at(2, 0), "candidates": [1, 2]}
    assert replies(first("choose", **begin))[0]["type"] == "working"

    again = doubles.request_sender(server, b"e1")
    assert again("hello", id=1, **HELLO) == said[:1]
    executor.finish(reward=0.5)
    server.trials.poll()
    server.resume_waiting()  # while the new engine has not come to that request
    server.take_sent()
    choices = b"1 - (a)\n2 - (bb)"
    assert again("choose", choices, id=2, **at(1, 0), candidates=[1, 2]) == said[1:2]
    assert again("answer", NETWORK.encode(), id=3, **at(1, 1), index=1) == said[2:]
    [reply] = replies(again("choose", **begin))
    assert (reply["type"], reply["index"]) == ("choose_reply", 1)
    assert server.agent.learned == [NETWORK]


def test_an_agent_that_died_after_the_last_shutdown_finds_that_all_is_done(tmp_path):
    """Before its checkpoint was written: what was learned last is learned again."""
    path = tmp_path / "t.jsonl"
    settings = {"study": doubles.MemoryStudy(), "count": 1}
    server, executor = doubles.run_server(tmp_path, trace=trace.Trace(path), **settings)
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    executor.finish(reward=0.5)
    server.trials.poll()
    assert replies(send("choose", id=4, **at(2, 0), candidates=[1, 2]))[-1]["type"] == "shutdown"

    server, _ = doubles.run_server(tmp_path, trace=trace.Trace(path), **settings)
    recover(server.service, path, Position())
    assert server.trials.done and server.agent.learned == [NETWORK]
    before = recorded(path)
    again = doubles.request_sender(server, b"e1")
    find(again, id=1, architecture=NETWORK)
    [reply] = replies(again("choose", id=4, **at(2, 0), candidates=[1, 2]))[-1:]
    assert reply["type"] == "shutdown" and recorded(path) == before  # it is not told twice

    settings["count"] = 2  # resumed with more trials: the old shutdown is no reply any more
    server, _ = doubles.run_server(tmp_path, trace=trace.Trace(path), **settings)
    recover(server.service, path, Position())
    again = doubles.request_sender(server, b"e1")
    find(again, id=1, architecture=NETWORK)
    reply = replies(again("choose", id=4, **at(2, 0), candidates=[1, 2]))[-1]
    assert reply["type"] == "choose_reply"


@pytest.mark.parametrize("lost", range(8))
def test_recovery_survives_a_trace_with_a_hole(tmp_path, lost):
    path, said = tmp_path / "t.jsonl", []
    server, _ = doubles.run_server(tmp_path, count=9, trace=trace.Trace(path))
    send = doubles.request_sender(server)
    send("hello", id=1, **HELLO)
    send("choose", b"1 - (a)\n2 - (bb)", id=2, **at(1, 0), candidates="all")
    send("choose", b"3 1 (c)\n4 1 (d)", id=3, **at(1, 1), candidates="all")
    send("answer", NETWORK.encode(), id=4, **at(1, 2), index=3)
    lines = path.read_bytes().splitlines(keepends=True)
    flipped = lines[lost].replace(b'"', b"'", 1)
    path.write_bytes(b"".join([*lines[:lost], flipped, *lines[lost + 1 :]]))
    server, _ = doubles.run_server(tmp_path, count=9, trace=trace.Trace(path, say=said.append))
    recover(server.service, path, Position())
    assert "t.jsonl.damaged" in said[0]
    send = doubles.request_sender(server, b"e1")
    [reply] = replies(send("hello", id=1, **HELLO))
    assert reply["type"] == "hello_reply"


def test_facts_of_a_held_answer_survive_the_agent(tmp_path):
    path = tmp_path / "t.jsonl"
    saved = []
    study = doubles.MemoryStudy()
    settings = {"study": study, "count": 9}
    server, executor = doubles.run_server(
        tmp_path, trace=trace.Trace(path), checkpoint=saved.append, **settings
    )
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    held = {**at(1, 1), "index": 1, "facts": {"parameters": 7, "table_key": "k"}}
    [reply] = replies(send("answer", DEEPER.encode(), id=4, **held))
    assert reply["status"] == "held"
    executor.finish(reward=0.5)
    server.trials.poll()
    send("choose", id=5, **at(2, 0), candidates=[1, 2])

    server, executor = doubles.run_server(tmp_path, trace=trace.Trace(path), **settings)
    server.trials.note(DEEPER, {})  # what stands in the trace takes its place
    recover(server.service, path, saved[0])
    executor.finish(reward=0.5)
    server.trials.poll()
    facts = study.trials[-1].facts
    assert (facts["table_key"], facts["parameters"], facts["scorer"]) == ("k", 7, "shortest")


def test_a_request_without_its_reply_and_half_a_line_are_cut_and_are_no_damage(tmp_path):
    path, said = tmp_path / "t.jsonl", []
    server, _ = doubles.run_server(tmp_path, trace=trace.Trace(path))
    find(doubles.request_sender(server), id=1, architecture=NETWORK)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(whole + lines[-2] + lines[-1][:20])
    writer = trace.Trace(path, say=said.append)
    assert path.read_bytes() == whole and writer.size == len(whole)
    assert not writer.is_damaged and said == []


def test_a_trace_of_before_there_were_problems_is_read_and_unknown_fields_stay(
    tmp_path: Path,
) -> None:
    """Facts stood in single fields then; in a session of now such fields are unknown ones."""
    old = {"v": 1, "type": "hello", "id": 1, "session": "old", "engine": "e"}
    old |= {"space": "cnn", "input": [1, 8, 8], "classes": 10}
    new = {"v": 1, "type": "hello", "id": 1, "session": "new", "engine": "e"}
    new |= {"problem": "cnn", "task": "t", "facts": {}}
    path = tmp_path / "trace.jsonl"
    with path.open("wb") as file:
        for hello in (old, new):
            name = hello["session"]
            answer = {"v": 1, "type": "answer", "id": 2, "session": name, "episode": 1, "step": 1}
            answer |= {"index": 1, "parameters": 650}
            for asked in (hello, answer):
                reply = {"v": 1, "type": asked["type"] + "_reply", "id": asked["id"]}
                reply |= {"session": name, "agent": "a", "scorer": "s", "seed": 0, "episode": 1}
                reply |= {"deadline_s": 60, "status": "held"}
                for direction, header in (("in", asked), ("out", reply)):
                    line = {"t": 0, "direction": direction, "header": header, "body": []}
                    file.write(json_lines.stamped(messages.to_json(line)))
    found = [message.header for message in trace.messages(path)]
    assert found[0]["problem"] == "cnn" and found[0]["facts"]["input"] == [1, 8, 8]
    assert found[1]["facts"] == {"parameters": 650}
    assert found[3]["parameters"] == 650 and "facts" not in found[3]
