"""Agents whose stdin is at its end, as under nohup, in cron and in containers, and nohup itself."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest
from serving_agent import Engine


@pytest.fixture
def start_agent(python):
    """A function that starts an agent, given further options and settings of Popen."""
    started = []

    def start(*options: str, **settings) -> tuple[subprocess.Popen, str]:
        command = [python, "-m", "architecto", "serve", "--scorer", "uniform", *options]
        settings = {"stdin": subprocess.DEVNULL} | settings
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **settings)
        started.append(process)
        return process, json.loads(process.stdout.readline())["endpoint"]

    yield start
    for process in started:
        process.terminate()
        process.communicate()


def answers(endpoint: str) -> bool:
    """Does the agent still answer after a second?"""
    time.sleep(1)
    engine = Engine(endpoint)
    try:
        return engine.hello()["type"] == "hello_reply"
    finally:
        engine.close()


def test_an_agent_that_is_told_to_ends_when_its_stdin_closes(start_agent):
    process, _ = start_agent("--end-with-stdin", stdin=subprocess.PIPE)
    process.stdin.close()
    process.stdin = None
    assert process.wait(timeout=600) == 0


def test_an_agent_works_without_a_stdin_and_under_nohup_outlives_its_terminal(start_agent):
    def ignore_hang_up() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process, endpoint = start_agent(preexec_fn=ignore_hang_up)
    assert answers(endpoint)
    process.send_signal(signal.SIGHUP)
    assert answers(endpoint)
    process.terminate()
    assert process.wait(timeout=600) == 0
