"""The real engine's client against agents that misbehave, and the minimal agent."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import zmq

EXAMPLES = Path(__file__).resolve().parents[2] / "protocol" / "examples"
HELLO = {"agent": "test", "scorer": "test", "seed": 0, "episode": 1, "deadline_s": 1.0}


class HandAgent:
    """A ROUTER socket whose every message the test writes, and a search engine that talks to it."""

    def __init__(
        self, directory: Path, project: Path, *options: str | Path, stdin: int = subprocess.PIPE
    ) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        endpoint = f"ipc://{directory}/agent"
        self._socket.bind(endpoint)
        self.engine = subprocess.Popen(
            ["racket", project / "racket" / "run-search.rkt", "--connect", endpoint, *options],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def receive(self, type: str | None) -> dict:
        """The header of the next message, which is of this type if one is given."""
        assert self._socket.poll(60_000), f"nothing came, expected {type}"
        self._address, header, _ = self._socket.recv_multipart()
        fields = json.loads(header)
        assert type in (None, fields["type"])
        return fields

    def send(self, request: dict, type: str, body: str = "", **fields) -> None:
        header = {"v": 1, "type": type, "id": request["id"], "session": request["session"]}
        frames = [json.dumps(header | fields).encode(), body.encode()]
        self._socket.send_multipart([self._address, *frames])

    def send_frames(self, *frames: bytes) -> None:
        self._socket.send_multipart([self._address, *frames])

    def silence(self) -> bool:
        """Has nothing more arrived?"""
        return not self._socket.poll(0)

    def ends(self) -> bool:
        """Does the engine end before it says more?"""
        while self.engine.poll() is None:
            if self._socket.poll(50):
                return False
        return True

    def end(self) -> tuple[int, str]:
        """The engine's exit status and what it wrote to stderr."""
        self.engine.wait(timeout=600)  # its stdin stays open until then
        _, errors = self.engine.communicate()
        return self.engine.returncode, errors

    def close(self) -> None:
        if self.engine.poll() is None:
            self.engine.kill()
        self.engine.communicate()
        self._context.destroy(linger=0)


@pytest.fixture
def agent(tmp_path, project):
    agent = HandAgent(tmp_path, project)
    yield agent
    agent.close()


def greet(agent: HandAgent) -> dict:
    """Welcome the engine; returns its first choose."""
    agent.send(agent.receive("hello"), "hello_reply", **HELLO)
    return agent.receive("choose")


def test_a_late_reply_is_dropped_by_its_id(agent):
    first = greet(agent)
    pick = {"scorer": "test", "explored": False}
    agent.send(first, "choose_reply", index=first["candidates"][0], **pick)
    second = agent.receive("choose")
    assert second["id"] != first["id"]
    agent.send(first, "choose_reply", index=first["candidates"][1], **pick)  # late
    agent.send(second, "shutdown", reason="enough")
    assert agent.end() == (0, "")


def test_a_request_is_sent_again_with_the_same_bytes(agent):
    first = greet(agent)
    agent.send(first, "working", deadline_s=30)
    assert agent.receive("choose") == first
    agent.send(first, "shutdown")
    assert agent.end() == (0, "")


def test_an_agent_that_stops_answering_is_given_up_in_one_line(agent):
    greet(agent)
    status, errors = agent.end()
    assert status == 1
    assert "did not answer a choose request within 1.0 s: is it running?" in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"v": 1, "type": "choose_reply"},
        {"v": 2, "type": "choose_reply"},
        {"v": 1, "type": "working", "deadline_s": 0},
        {"v": 1, "type": "working", "deadline_s": -1},
        {"v": 1, "type": "working", "deadline_s": 86_401},
        {"v": 1},
    ],
)
def test_a_malformed_reply_is_one_line(agent, fields):
    first = greet(agent)
    agent.send_frames(json.dumps(fields | {"id": first["id"], "session": "x"}).encode(), b"")
    status, errors = agent.end()
    assert status == 1
    assert "a message between engine and agent" in errors
    assert len(errors.splitlines()) == 1


NONSENSE = [
    [b"{", b""],
    [b"x"],
    [b"|~oops", b""],
    [b'"~a', b""],
    [b"nul", b""],
    [b"[" * 60_000, b""],
    [b"x" * 70_000, b""],
    [b"{}", b"", b""],
    [b'{"v":1,"type":"choose_reply","id":1,"session":7}', b""],
    [b'{"v":1,"type":"reward","session":"x","trial":-1,"reward":"high"}', b"\xff"],
    [b'{"v":2,"type":"news"}', b"\xff\xff"],
]


def test_what_was_not_asked_for_is_dropped_whatever_it_holds(agent):
    """Late, unknown or malformed: only the reply to the waiting request counts."""
    first = greet(agent)
    for frames in NONSENSE:
        agent.send_frames(*frames)
    agent.send(first, "news", "of\na later day", headline=[1])  # a type of a later agent
    agent.send({"id": 99, "session": "x"}, "working", deadline_s=1000)
    agent.send(first, "shutdown", reason="enough", colour="red")
    assert agent.end() == (0, "")


def test_an_agent_that_sends_only_nonsense_is_given_up_in_one_line(agent):
    greet(agent)
    agent.send_frames(b"|~oops", b"")
    status, errors = agent.end()
    assert status == 1
    assert "did not answer a choose request within 1.0 s (it sent what cannot be read:" in errors
    assert "the header is not JSON" in errors
    assert len(errors.splitlines()) == 1


def test_shutdown_in_reply_to_hello_is_obeyed(agent):
    agent.send(agent.receive("hello"), "shutdown", reason="no more engines")
    assert agent.end() == (0, "")
    assert agent.silence()


def test_shutdown_in_reply_to_a_second_hello_is_obeyed(agent):
    agent.send(greet(agent), "error", code="unknown_session", message="say hello first")
    agent.send(agent.receive("hello"), "shutdown")
    assert agent.end() == (0, "")
    assert agent.silence()


def test_an_unknown_code_is_an_error_and_its_message_steers_no_terminal(agent):
    agent.send(greet(agent), "error", code="tired", message="zzz \x1b[2J\x9b31m\n\u202e!")
    status, errors = agent.end()
    assert status == 1
    assert errors.endswith(r"refused a request (tired): zzz \u001b[2J\u009b31m\u000a\u202e!" + "\n")


def test_an_unknown_status_counts_as_held(agent):
    found = walk_to_answer(agent)
    agent.send(found, "answer_reply", status="postponed", reward=0.5, until=7)
    agent.send(agent.receive("episode_end"), "shutdown")
    assert agent.end() == (0, "")


def test_an_answer_that_the_agent_does_not_take_is_the_problems_mistake(agent):
    found = walk_to_answer(agent)
    agent.send(found, "error", code="bad_body", message="expected a list of layers")
    status, errors = agent.end()
    assert status == 2
    expected = "run-search: cnn: the agent does not take the answer (architecture (input "
    assert errors.startswith(expected) and errors.endswith(": expected a list of layers\n")
    assert len(errors.splitlines()) == 1


GOES_WRONG = """\
#lang racket/base
(require (file "{project}/racket/main.rkt"))
(defprimitive (boom x) #:inputs (x) (error 'boom "no ~a" x))
(defrel (later x)
  (fresh (y) (conde [(== y 1)] [(== y 2)]) (boom x)))
(define-space (wrong architecture input classes parameters)
  "goes wrong in the search"
  #:input (1 8 8) #:classes 10 #:max-params 1000
  (fresh (x)
    (conde [(== x 1) (== architecture 'none)] [(== x 2) (later x)])))
"""


def test_a_relation_that_goes_wrong_in_the_search_is_the_spaces_mistake(tmp_path, project):
    space = tmp_path / "wrong.rkt"
    space.write_text(GOES_WRONG.format(project=project))
    agent = HandAgent(tmp_path, project, "--space", space)
    request = greet(agent)
    while True:
        index = request["candidates"][-1]
        agent.send(request, "choose_reply", index=index, scorer="test", explored=False)
        if agent.ends():
            break
        request = agent.receive("choose")
    assert agent.end() == (2, f"run-search: the space file {space}: boom: no 2\n")
    agent.close()


def walk_to_answer(agent: HandAgent) -> dict:
    """Welcome the engine and pick the last candidates; returns its first answer."""
    request = greet(agent)
    while request["type"] == "choose":
        index = request["candidates"][-1]
        agent.send(request, "choose_reply", index=index, scorer="test", explored=False)
        request = agent.receive(None)
    return request


def test_a_pick_that_is_no_candidate_is_one_line(agent):
    first = greet(agent)
    agent.send(first, "choose_reply", index=999_999, scorer="test", explored=False)
    status, errors = agent.end()
    assert status == 1
    assert "the agent picked choice 999999, which is no candidate" in errors


def test_an_engine_that_is_told_to_ends_when_its_stdin_closes(tmp_path, project):
    agent = HandAgent(tmp_path, project, "--end-with-stdin")
    greet(agent)
    agent.engine.stdin.close()
    agent.engine.stdin = None
    assert agent.end() == (1, "")
    agent.close()


def test_an_engine_works_without_a_stdin(tmp_path, project):
    """As under nohup, in cron or in a container; its session's name is its own."""
    agent = HandAgent(tmp_path, project, stdin=subprocess.DEVNULL)
    first = greet(agent)
    assert f"-{agent.engine.pid}-" in first["session"]
    time.sleep(0.5)
    assert agent.engine.poll() is None
    agent.send(first, "shutdown")
    assert agent.end() == (0, "")
    agent.close()


def test_a_bad_name_of_a_session_is_one_line(project):
    command = ["racket", project / "racket" / "run-search.rkt", "--connect", "ipc://x"]
    engine = subprocess.run([*command, "--session", "a b"], capture_output=True, text=True)
    assert engine.returncode == 2
    assert engine.stderr.startswith("run-search: --session: expected 1 to 64 of letters, digits")


def why_node_is_skipped() -> str | None:
    if shutil.which("node") is None:
        return "there is no node on PATH"
    if not (EXAMPLES / "node_modules" / "zeromq").is_dir():
        return "npm install was not run in protocol/examples"
    return None


@pytest.mark.parametrize("language", ["python", "node"])
def test_the_minimal_agent_finds_networks(project, tmp_path, language):
    if language == "node" and (reason := why_node_is_skipped()):
        pytest.skip(reason)
    command = [sys.executable, "minimal_agent.py"]
    if language == "node":
        command = ["node", "minimal_agent.mjs"]
    assert len((EXAMPLES / command[1]).read_text().splitlines()) <= 60
    endpoint = f"ipc://{tmp_path}/agent"
    with subprocess.Popen(
        [*command, endpoint, "3"], cwd=EXAMPLES, stdout=subprocess.PIPE, text=True
    ) as minimal:
        engine = subprocess.Popen(
            ["racket", project / "racket" / "run-search.rkt", "--connect", endpoint],
            stdin=subprocess.PIPE,
        )
        output, _ = minimal.communicate(timeout=600)
        assert engine.wait(timeout=600) == 0
        engine.stdin.close()
    assert minimal.returncode == 0
    lines = output.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("(architecture (input ") for line in lines)
