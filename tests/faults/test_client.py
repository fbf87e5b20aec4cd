"""The real engine's client against agents that misbehave, and the minimal agent."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import zmq

EXAMPLES = Path(__file__).resolve().parents[2] / "protocol" / "examples"
HELLO = {"agent": "test", "scorer": "test", "seed": 0, "episode": 1, "deadline_s": 1.0}


class HandAgent:
    """A ROUTER socket whose every message the test writes, and a search engine that talks to it."""

    def __init__(self, directory: Path, project: Path, *options: str) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        endpoint = f"ipc://{directory}/agent"
        self._socket.bind(endpoint)
        self.engine = subprocess.Popen(
            ["racket", project / "racket" / "run-search.rkt", "--connect", endpoint, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def receive(self, type: str) -> dict:
        """The header of the next message, which is of this type."""
        assert self._socket.poll(60_000), f"nothing came, expected {type}"
        self._address, header, _ = self._socket.recv_multipart()
        fields = json.loads(header)
        assert fields["type"] == type
        return fields

    def send(self, request: dict, type: str, body: str = "", **fields) -> None:
        header = {"v": 1, "type": type, "id": request["id"], "session": request["session"]}
        frames = [json.dumps(header | fields).encode(), body.encode()]
        self._socket.send_multipart([self._address, *frames])

    def send_frames(self, *frames: bytes) -> None:
        self._socket.send_multipart([self._address, *frames])

    def end(self) -> tuple[int, str]:
        """The engine's exit status and what it wrote to stderr."""
        self.engine.wait(timeout=60)  # its stdin stays open until then
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
    "frames",
    [
        [b"{", b""],
        [b"x"],
        [b'{"v":1,"type":"choose_reply","id":2,"session":"engine-0"}', b""],
        [b'{"v":2,"type":"choose_reply","id":2,"session":"engine-0"}', b""],
        [b"[" * 60_000, b""],
        [b"x" * 70_000, b""],
    ],
)
def test_nonsense_from_an_agent_is_one_line(agent, frames):
    greet(agent)
    agent.send_frames(*frames)
    status, errors = agent.end()
    assert status == 1
    assert "a message between engine and agent" in errors
    assert len(errors.splitlines()) == 1


def test_a_pick_that_is_no_candidate_is_one_line(agent):
    first = greet(agent)
    agent.send(first, "choose_reply", index=999_999, scorer="test", explored=False)
    status, errors = agent.end()
    assert status == 1
    assert "the agent picked choice 999999, which is no candidate" in errors


def test_the_engine_ends_when_its_stdin_closes(agent):
    greet(agent)
    agent.engine.stdin.close()
    agent.engine.stdin = None
    agent.end()


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
        output, _ = minimal.communicate(timeout=60)
        assert engine.wait(timeout=60) == 0
        engine.stdin.close()
    assert minimal.returncode == 0
    lines = output.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("(architecture (input ") for line in lines)
