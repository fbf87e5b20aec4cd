"""What the server does with requests: sessions, repeats, trials, the trace."""

import json

import protocol_doubles as doubles
import pytest
from protocol_doubles import DEEPER, HELLO, NETWORK, at, find, replies

from architecto.conversation import trace
from architecto.conversation.messages import build


def test_hello_tells_scorer_seed_and_episode():
    send = doubles.request_sender(doubles.scores_server())
    [header] = replies(send("hello", id=1, **HELLO))
    assert header["type"] == "hello_reply"
    assert (header["scorer"], header["seed"], header["episode"]) == ("shortest", 0, 1)


def test_a_request_before_hello_is_an_unknown_session():
    send = doubles.request_sender(doubles.scores_server())
    [header] = replies(send("scores", b"0 - (a)", id=1, candidates=[0]))
    assert (header["type"], header["code"], header["id"]) == ("error", "unknown_session", 1)


def test_each_choice_is_sent_once_and_all_means_every_open_one():
    send = doubles.request_sender(doubles.scores_server())
    send("hello", id=1, **HELLO)
    first = send("choose", b"1 - (aaaa)\n2 - (b)\n3 - (cc)", id=2, **at(1, 0), candidates=[1, 2, 3])
    assert replies(first)[0]["index"] == 2
    second = send("choose", b"4 2 (ddd)", id=3, **at(1, 1), candidates="all")
    assert replies(second)[0]["index"] == 3  # 2 is expanded; 1, 3 and 4 are open
    third = send("choose", id=4, **at(1, 2), candidates="all", closed=[4])
    assert replies(third)[0]["index"] == 1


def test_an_index_that_was_never_sent_is_named_and_can_be_sent_again():
    send = doubles.request_sender(doubles.scores_server())
    send("hello", id=1, **HELLO)
    [error] = replies(send("choose", b"1 - (a)", id=2, **at(1, 0), candidates=[1, 7, 9]))
    assert (error["code"], error["choices"]) == ("unknown_choices", [7, 9])
    [reply] = replies(send("choose", b"7 - (bb)\n9 - (cc)", id=3, **at(1, 0), candidates=[1, 7, 9]))
    assert reply["index"] == 1


def test_the_same_id_gets_the_same_bytes_and_changes_nothing(tmp_path):
    server, _ = doubles.run_server(tmp_path)
    send = doubles.request_sender(server)
    send("hello", id=1, **HELLO)
    send("choose", b"1 - (a)\n2 - (bb)", id=2, **at(1, 0), candidates=[1, 2])
    once = send("answer", NETWORK.encode(), id=3, **at(1, 1), index=1)
    again = send("answer", NETWORK.encode(), id=3, **at(1, 1), index=1)
    assert once == again
    assert replies(once)[0]["status"] == "queued"
    assert len(server.trials.running) == 1


def test_a_new_episode_waits_for_the_evaluation(tmp_path):
    server, executor = doubles.run_server(tmp_path)
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    begin = {"id": 10, **at(2, 0), "candidates": [1, 2]}
    assert replies(send("choose", **begin))[0]["type"] == "working"
    assert replies(send("choose", **begin))[0]["type"] == "working"  # sent again: still working
    executor.finish(reward=0.5)
    server.trials.poll()
    server.resume_waiting()
    sent = [json.loads(header) for _, header, _ in server.take_sent()]
    assert [header["type"] for header in sent] == ["reward", "choose_reply"]
    assert server.agent.rewards == {NETWORK: 0.5}


def test_a_known_architecture_is_not_evaluated_again(tmp_path):
    server, executor = doubles.run_server(tmp_path)
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    executor.finish(reward=0.25)
    server.trials.poll()
    [_, header] = replies(send("choose", id=8, **at(2, 0), candidates=[1, 2]))
    [header] = replies(send("answer", NETWORK.encode(), id=9, **at(2, 1), index=1))
    assert (header["status"], header["reward"]) == ("known", 0.25)


def test_after_the_last_trial_every_request_is_answered_with_shutdown(tmp_path):
    server, executor = doubles.run_server(tmp_path, count=1)
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    assert not server.trials.done
    executor.finish(reward=0.5)
    server.trials.poll()
    [_, header] = replies(send("choose", id=8, **at(2, 0), candidates=[1, 2]))
    assert header["type"] == "shutdown"
    assert server.trials.done and server.service.sessions.all_left()


def test_an_exhausted_space_has_its_held_answers_evaluated_before_the_end(tmp_path):
    server, executor = doubles.run_server(tmp_path, count=9)
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    [header] = replies(send("answer", DEEPER.encode(), id=8, **at(1, 1), index=1))
    assert header["status"] == "held"
    send("episode_end", id=9, episode=1, outcome="exhausted")
    send("shutdown", id=10)
    assert server.service.sessions.all_left()
    for _ in range(2):
        executor.finish(reward=0.5)
        server.trials.poll()
        assert not server.trials.done
        server.finish_alone()
    assert server.trials.done
    assert [trial.answer for trial in server.trials.study.trials] == [NETWORK, DEEPER]


def test_a_pick_that_led_nowhere_is_a_dead_end_and_an_answer_is_not(tmp_path):
    server, _ = doubles.run_server(tmp_path)
    send = doubles.request_sender(server)
    send("hello", id=1, **HELLO)
    send("choose", b"1 - (a)\n2 - (bb)", id=2, **at(1, 0), candidates=[1, 2])
    send("choose", id=3, **at(1, 1), candidates=[2], closed=[1])
    send("answer", NETWORK.encode(), id=4, **at(1, 2), index=2)
    send("choose", b"3 - (c)", id=5, **at(1, 3), candidates=[3], closed=[2])
    assert server.agent.dead_ends == ["(a)"]
    assert server.agent.held == {NETWORK: ["(bb)"]}


def test_what_is_no_architecture_is_refused(tmp_path):
    server, _ = doubles.run_server(tmp_path)
    send = doubles.request_sender(server)
    send("hello", id=1, **HELLO)
    [header] = replies(send("answer", b"(architecture", id=2, **at(1, 0), index=1))
    assert header["code"] == "bad_body"


def test_the_trace_has_each_message_once(tmp_path):
    clock = iter(range(100)).__next__
    server, _ = doubles.run_server(tmp_path, trace=trace.Trace(tmp_path / "t.jsonl", clock))
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    send("answer", NETWORK.encode(), id=3, **at(1, 1), index=1)  # sent again
    send("choose", id=4, **at(2, 0), candidates=[1, 2])  # waits
    records = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    types = [(record["direction"], record["header"]["type"]) for record in records]
    assert types == [
        ("in", "hello"),
        ("out", "hello_reply"),
        ("in", "choose"),
        ("out", "choose_reply"),
        ("in", "answer"),
        ("out", "answer_reply"),
    ]
    assert records[2]["body"] == ["1 - (a)", "2 - (bb)"]


def test_requests_that_wait_together_are_scored_in_one_batch():
    server = doubles.scores_server()
    for name in ("a", "b"):
        hello = build("hello", id=1, session=name, **HELLO)
        server.handle([[name.encode(), hello, b""]])
    server.take_sent()
    step = {**at(1, 1), "candidates": [1, 2], "closed": []}
    body = b"1 - (aa)\n2 - (b)"
    server.handle([[n.encode(), build("choose", id=2, session=n, **step), body] for n in "ab"])
    picks = [json.loads(header)["index"] for _, header, _ in server.take_sent()]
    assert picks == [2, 2]
    assert server.agent.batches == [4]


def test_a_trial_that_the_machine_failed_at_is_not_learned_from(tmp_path):
    server, executor = doubles.run_server(tmp_path)
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    executor.finish(reward=-1.0, judged=False)
    server.trials.poll()
    send("choose", id=8, **at(2, 0), candidates=[1, 2])
    assert (server.agent.learned, server.agent.held) == ([], {})
    assert server.trials.heard == {0}


@pytest.mark.parametrize("traced", [False, True])
def test_no_bytes_stop_the_agent(tmp_path, traced):
    """Also where the trace has to write what came."""
    server = doubles.scores_server()
    if traced:
        server, _ = doubles.run_server(tmp_path, trace=trace.Trace(tmp_path / "t.jsonl"))
    hello = build("hello", id=1, session="e", **HELLO)
    end = build("episode_end", id=2, session="e", episode=1, outcome="limit")
    for header, body, expected in (
        (hello[:-1] + b',"x":1e400}', b"", "bad_header"),
        (hello[:-1] + b',"x":[-1e999]}', b"", "bad_header"),
        (hello[:-1] + b',"x":"\\ud800"}', b"", "bad_header"),
        (hello, b"\xff", "bad_body"),
        (hello[:-1] + b',"x":{"y":[1e300,null]}}', b"ignored", None),
        (end, b"\x80", "bad_body"),
        (end, b"", None),
    ):
        server.handle([[b"e", header, body]])
        [(_, reply, _)] = server.take_sent()
        assert json.loads(reply).get("code") == expected, (header, reply)


def test_after_the_engine_left_its_session_is_over():
    send = doubles.request_sender(doubles.scores_server())
    send("hello", id=1, **HELLO)
    send("shutdown", id=2)
    assert replies(send("shutdown", id=2))[0]["type"] == "shutdown_reply"  # sent again
    for type, fields in (("scores", {"candidates": [1]}), ("episode_end", END)):
        body = b"1 - (a)" if type == "scores" else b""
        [header] = replies(send(type, body, id=3, **fields))
        assert (header["type"], header["code"]) == ("error", "unknown_session")


def test_after_the_agent_said_stop_it_says_nothing_else(tmp_path):
    server, executor = doubles.run_server(tmp_path, count=1)
    send = doubles.request_sender(server)
    find(send, id=1, architecture=NETWORK)
    executor.finish(reward=0.5)
    server.trials.poll()
    send("choose", id=8, **at(2, 0), candidates=[1, 2])
    for id, type, fields in ((9, "episode_end", END), (10, "scores", {"candidates": [1]})):
        [header] = replies(send(type, id=id, **fields))
        assert header["type"] == "shutdown"


def test_the_session_that_was_silent_longest_makes_room_and_one_at_work_does_not():
    now = [0.0]
    server = doubles.scores_server(clock=lambda: now[0])
    send = doubles.request_sender(server)
    for number in range(256):
        send("hello", id=1, session=f"s-{number}", **HELLO)
    [header] = replies(send("hello", id=1, session="one-more", **HELLO))
    assert (header["type"], header["code"]) == ("error", "refused")
    assert "256 engines are at work here" in header["message"]
    now[0] = 100.0
    send("scores", b"1 - (a)", id=2, session="s-0", candidates=[1])  # s-1 is silent longest now
    now[0] = 130.0
    assert replies(send("hello", id=1, session="one-more", **HELLO))[0]["type"] == "hello_reply"
    asked = {"type": "scores", "body": b"", "id": 3, "candidates": [1]}
    assert replies(send(**asked, session="s-0"))[0]["type"] == "scores_reply"
    assert replies(send(**asked, session="s-1"))[0]["code"] == "unknown_session"
    send("shutdown", id=2, session="s-7")
    now[0] = 131.0
    send("hello", id=1, session="and-another", **HELLO)
    assert "s-7" not in server.service.sessions and "s-2" in server.service.sessions


END = {"episode": 1, "outcome": "answer"}


def test_silent_sessions_make_room_by_bytes_then_the_largest():
    now = [0.0]
    server = doubles.scores_server(choices_bytes=10_000, clock=lambda: now[0])
    send = doubles.request_sender(server)

    def ask(name: str, size: int, id: int) -> dict:
        body = b"%d - (%s)" % (id, b"x" * size)
        return replies(send("scores", body, id=id, session=name, candidates=[id]))[0]

    for name in ("silent", "small", "greedy"):
        send("hello", id=1, session=name, **HELLO)
    assert ask("silent", 3000, 2)["type"] == "scores_reply"
    now[0] = 200.0
    assert ask("small", 1000, 2)["type"] == "scores_reply"
    assert ask("greedy", 3000, 2)["type"] == "scores_reply"
    assert ask("greedy", 3000, 3)["type"] == "scores_reply"
    assert list(server.service.sessions) == ["small", "greedy"]
    assert ask("small", 1000, 3)["type"] == "scores_reply"
    assert ask("greedy", 3000, 4)["code"] == "unknown_session"
    assert list(server.service.sessions) == ["small"]


def test_a_session_knows_its_size():
    server = doubles.scores_server()
    send = doubles.request_sender(server)
    send("hello", id=1, **HELLO)
    send("choose", b"1 - (a)\n2 - (bb)", id=2, **at(1, 0), candidates=[1, 2])
    send("choose", b"1 - (aaa)\n3 1 (c)", id=3, **at(1, 1), candidates="all", closed=[2])
    session = server.service.sessions["engine-0"]
    assert session.size > 0
    send("choose", b"4 3 (d)", id=4, **at(1, 2), candidates=[4], closed=[1, 3])
    session.forget([4])
    assert (session.size, session.texts, session.picks) == (0, {}, {})
