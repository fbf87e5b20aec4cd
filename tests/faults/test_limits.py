"""What is too large, too slow or too late, with real processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import zmq
from serving_agent import Engine, ServingAgent

from architecto.conversation.messages import BODY_LIMIT, build

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")


@pytest.fixture(scope="module")
def agent(python, tmp_path_factory):
    log = tmp_path_factory.mktemp("agent") / "agent.log"
    agent = ServingAgent(python, log, "--scorer", "uniform", "--scorer-seconds", "60")
    yield agent
    agent.close()


@pytest.fixture
def engine(agent):
    engine = Engine(agent.endpoint)
    yield engine
    engine.close()


def resident_mb(process: int) -> float:
    """Memory of a process, in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_a_body_over_the_limit_is_refused_and_one_far_over_it_dropped(agent, engine):
    engine.hello()
    line = b"1 - " + b"x" * BODY_LIMIT
    reply = engine.ask("scores", line, candidates=[1])
    assert (reply["code"], reply["id"]) == ("too_large", engine.id)
    assert "the limit is 1048576" in reply["message"]
    far = Engine(agent.endpoint, "far")
    far.send("scores", line * 3, candidates=[1])
    assert not far.socket.poll(1000)
    far.close()
    assert engine.ask("scores", b"1 - (a)", candidates=[1])["type"] == "scores_reply"


@needs_proc
@pytest.mark.parametrize("size", [31 * 2**20, BODY_LIMIT], ids=["over the limit", "at the limit"])
def test_clients_that_send_much_take_little_memory(agent, engine, size):
    """Ten clients send 20 frames each as fast as they can; the agent keeps below 300 MB more."""
    before = resident_mb(agent.process.pid)
    body = b"1 - " + b"x" * (size - 4)
    clients = [Engine(agent.endpoint, f"much-{k}", sndhwm=1) for k in range(10)]
    most = before
    for _ in range(20):
        for client in clients:
            client.id += 1
            header = build("scores", id=client.id, session=client.session, candidates=[1])
            with contextlib.suppress(zmq.Again):
                client.socket.send_multipart([header, body], zmq.DONTWAIT, copy=False)
        time.sleep(0.02)
        most = max(most, resident_mb(agent.process.pid))
    for client in clients:
        client.close()
    assert most - before < 300
    assert engine.hello()["type"] == "hello_reply"


def test_a_body_of_too_many_lines_is_refused(engine):
    engine.hello()
    reply = engine.ask("scores", b"\n".join([b"1 - x"] * 65_537), candidates=[1])
    assert reply["code"] == "too_large"
    assert reply["message"] == "the body has 65537 lines, the limit is 65536"


@needs_proc
def test_an_engine_that_does_not_read_fills_no_memory(agent, engine):
    """A reply of 40 kB is asked for 5,000 times and never read; others are served meanwhile."""
    slow = Engine(agent.endpoint, "slow", rcvhwm=8)
    slow.hello()
    indices = list(range(4096))
    body = "\n".join(f"{index} - (choice {index})" for index in indices).encode()
    slow.send("scores", body, candidates=indices)
    assert slow.socket.poll(60_000)
    before = resident_mb(agent.process.pid)
    for _ in range(5000):
        slow.id -= 1  # the same request again
        slow.send("scores", candidates=indices)
    assert engine.hello()["type"] == "hello_reply"
    assert resident_mb(agent.process.pid) - before < 60
    slow.close()


def test_more_choices_than_a_message_holds_are_sent_in_parts(agent, project):
    program = project / "tests" / "racket" / "bridge-many.rkt"
    result = subprocess.run(
        ["racket", program, agent.endpoint], capture_output=True, text=True, timeout=100
    )
    assert (result.stdout.split(), result.stderr) == (["1", "60000"], "")


@needs_proc
def test_an_agent_that_is_stopped_for_longer_than_the_deadline_goes_on(start_search):
    """Its replies come too late for the engine, which has been started again."""
    search = start_search("--scorer-seconds", "1")  # a deadline of 2 s
    search.wait_until(lambda: search.trials() >= 1)
    agent = search.child(" serve ")
    os.kill(agent, signal.SIGSTOP)
    search.wait_until(lambda: "it starts again" in search.text())
    time.sleep(2)
    os.kill(agent, signal.SIGCONT)
    assert search.wait() == 0, search.text()
    assert "the engine-0 ended with status 1; it starts again" in search.text()
    log = (search.run_dir / "engine-0.log").read_text()
    assert "request within 2" in log
    found = search.architectures()
    assert len(found) == len(set(found)) == 3
