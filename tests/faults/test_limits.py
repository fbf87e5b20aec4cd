"""What is too large, too slow or too late, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from serving_agent import Engine, ServingAgent

from architecto.messages import BODY_LIMIT

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
    assert "the limit is 16777216" in reply["message"]
    far = Engine(agent.endpoint, "far")
    far.send("scores", line * 3, candidates=[1])
    assert not far.socket.poll(1000)
    far.close()
    assert engine.ask("scores", b"1 - (a)", candidates=[1])["type"] == "scores_reply"


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
@pytest.mark.timeout(300)
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
