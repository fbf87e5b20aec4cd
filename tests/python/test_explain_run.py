"""Explanations of a run: decisions as the trace has them, a page on its own."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
import torch
from explanations_for_tests import (
    DECISION,
    LARGE,
    TASK,
    choice,
    small,
)
from rich.console import Console

from architecto import scorers
from architecto.conversation.position import Position
from architecto.evaluators.base import Evaluation
from architecto.explain import command, page
from architecto.explain.command import ExplainError
from architecto.explain.decisions import Decision, decisions
from architecto.explain.explanation import explain as explained
from architecto.explain.history import scorer_at
from architecto.learning.agent import Agent
from architecto.learning.replay import ReplayBuffer, Step
from architecto.runs.checkpoint import load, save
from architecto.runs.configuration import Configuration
from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.transformer import TransformerScorer
from architecto.study.study import Study

# The page


class Reader(HTMLParser):
    """Collects what a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.views: list[str] = []
        self.tokens: list[str] = []
        self.data = ""
        self._open: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        inside = [attrs.get("id") for _, attrs in self._open]
        if self._open and self._open[-1][0] == "option":
            self.views.append(data)
        if "text" in inside and self._open[-1][0] == "span":
            self.tokens.append(data)
        if "data" in inside:
            self.data += data


@pytest.fixture(scope="module")
def explanation():
    return explained(small(), TASK, 0, DECISION)


def test_the_page_stands_alone(explanation) -> None:
    """Nothing is fetched, and every layer and head can be chosen."""
    text = page.page(explanation, title="a <b> & c", note="scorer transformer")
    assert "a &lt;b&gt; &amp; c" in text
    found = Reader(text)
    assert not [attrs for _, attrs in found.tags if {"src", "href"} & attrs.keys()]
    assert "http" not in text.replace("http-equiv", "") and "@import" not in text
    assert "default-src 'none'" in text
    heads = [f"layer {k}, head {h}" for k in (1, 2) for h in (1, 2, 3, 4)]
    assert found.views == ["effect on the score", "attention, rolled up", *heads]
    assert found.tokens == explanation.tokens


def test_the_page_holds_the_models_numbers(explanation) -> None:
    views = json.loads(Reader(page.page(explanation, title="", note="")).data)["views"]
    by_name = {view["name"]: view for view in views}
    block = explanation.attention.blocks[1]
    products = torch.tensor(by_name["layer 2, head 3"]["products"])
    torch.testing.assert_close(products, block.products[2], rtol=0, atol=1e-5)
    torch.testing.assert_close(products.softmax(-1), block.weights[2], rtol=0, atol=1e-5)
    assert by_name["effect on the score"]["effects"] == pytest.approx(explanation.effects, abs=1e-5)


def test_markup_in_a_choice_stays_text() -> None:
    text = '(bind "</script><b>" (conj))'
    found = explained(small(), TASK, 0, Decision("s", 1, 0, {1: text}, 1, False, "transformer"))
    reader = Reader(page.page(found, title="", note=""))
    assert "b" not in [tag for tag, _ in reader.tags]
    assert '"</script><b>"' in reader.tokens


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium to open the page with")
def test_the_page_in_a_browser(explanation, tmp_path: Path) -> None:
    """Its script shades the tokens by the attention of a head when that is chosen."""
    text = page.page(explanation, title="t", note="n")
    choose = (
        "<script>const last = data.views.length - 1; select.value = last; draw();"
        "tokens[3].click();"
        "const sums = weights(data.views[last]).map(row => row.reduce((a, b) => a + b, 0));"
        "document.title = Math.max(...sums.map(sum => Math.abs(sum - 1))) < 1e-6 ? 'ok' : 'bad';"
        "</script></body>"
    )
    file = tmp_path / "page.html"
    file.write_text(text.replace("</body>", choose), encoding="utf-8")
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--timeout=20000",
         f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()],
        capture_output=True, text=True,
    )  # fmt: skip
    assert "<title>ok</title>" in done.stdout, done.stderr
    weights = explanation.attention.blocks[-1].weights[-1][3]
    shaded = re.findall(r"var\(--raises\), 1\.?0*\)[^>]*>([^<]*)<", done.stdout)
    assert shaded == [explanation.tokens[int(weights.argmax())]]
    fact = re.search(r'id="fact">([^<]*)<', done.stdout)
    reader = explanation.tokens[3]
    assert fact and fact.group(1).startswith(f"{reader} reads {reader}: weight")


# A run


def write_trace(run_dir: Path, messages: list[tuple[str, dict, list[str]]]) -> None:
    lines = [
        json.dumps({"t": 0.0, "direction": direction, "header": {"v": 1} | header, "body": body})
        for direction, header, body in messages
    ]
    (run_dir / "trace.jsonl").write_text("\n".join(lines) + "\n")


def asked(id: int, step: int, candidates, body: list[str], picked: int, closed=()) -> list:
    session = {"session": "engine-0", "id": id}
    choose = {"type": "choose", **session, "episode": 1, "step": step, "candidates": candidates,
              "closed": list(closed)}  # fmt: skip
    reply = {"type": "choose_reply", **session, "index": picked, "scorer": "transformer",
             "explored": False}  # fmt: skip
    return [("in", choose, body), ("out", reply, [])]


HELLO = [
    ("in", {"type": "hello", "id": 1, "session": "engine-0", "engine": "test", "problem": "cnn",
            "task": "none", "facts": {}}, []),
    ("out", {"type": "hello_reply", "id": 1, "session": "engine-0", "agent": "test", "seed": 0,
             "scorer": "transformer", "episode": 1, "deadline_s": 60}, []),
]  # fmt: skip


def test_decisions_of_a_trace(tmp_path: Path) -> None:
    """`"all"` stands for what is open: sent, not closed, not picked, no child sent. A hello begins
    anew."""
    write_trace(
        tmp_path,
        [
            *HELLO,
            *asked(2, 0, "all", ["0 - root", "1 0 a", "2 0 b"], 1),
            *asked(3, 1, "all", ["3 1 c"], 3, closed=[2]),
            *asked(4, 2, [2, 3], ["2 0 b"], 2),
            *HELLO,
            *asked(2, 0, [1], ["0 - root", "1 0 other"], 1),
        ],
    )
    found = list(decisions(tmp_path, lambda *where: where == ("engine-0", 1)))
    assert [d.candidates for d in found] == [
        {1: "a", 2: "b"},
        {3: "c"},
        {2: "b", 3: "c"},
        {1: "other"},
    ]
    assert [d.text for d in found] == ["a", "c", "b", "other"]
    assert not list(decisions(tmp_path, lambda *where: where == ("engine-0", 2)))


def test_an_earlier_scorer_is_brought_back_from_the_trace(tmp_path: Path) -> None:
    """It learned from a trial, gave way to another, and that learned from two."""
    networks = [f"(architecture (input 1 8 8) ((flatten) (linear 64 {n})))" for n in (10, 20, 30)]
    messages = [*HELLO, *asked(2, 0, "all", ["0 - root", "1 0 a", "2 0 b"], 1)]
    session = {"session": "engine-0"}
    for id, network in enumerate(networks[:2], 3):
        answer = {"type": "answer", "id": id, **session, "episode": 1, "step": 1, "index": 1}
        reply = {"type": "answer_reply", "id": id, **session, "status": "held"}
        messages += [("in", answer, [network]), ("out", reply, [])]
    told = [
        ("out", {"type": "reward", **session, "trial": n, "reward": 0.5 * n}, [networks[n]])
        for n in (0, 1)
    ]
    swap = {"id": 1, "session": "swap-1"}
    messages += [
        told[0],
        ("in", {"type": "use_scorer", **swap, "scorer": "bag"}, []),
        ("out", {"type": "use_scorer_reply", **swap, "scorer": "bag"}, []),
        told[1],
        *asked(5, 0, "all", ["3 0 c"], 3),
    ]
    write_trace(tmp_path, messages)
    first, second = decisions(tmp_path, lambda *where: True)
    settings = Configuration()
    scorer, learned = scorer_at(tmp_path, settings, first)
    assert (scorer.name, learned) == ("transformer", 0)
    scorer, learned = scorer_at(tmp_path, settings, dataclasses.replace(second, episode=9))
    assert (scorer.name, learned) == ("bag", 2)

    alone = scorers.load("bag", seed=0)
    paths = [[Step(1, "a")], [Step(1, "a")]]
    buffer = ReplayBuffer()
    for network, path in zip(networks[:2], paths, strict=True):
        buffer.add_answer(network, 1, path)
    for n in (0, 1):
        buffer.add_reward(networks[n], 0.5 * n)
        alone.fit(TASK, buffer.experience)  # type: ignore[attr-defined]
    assert torch.equal(scorer.score(TASK, ["a"]), alone.score(TASK, ["a"]))


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory) -> Path:
    """A run of one trial with three picks."""
    folder = tmp_path_factory.mktemp("run")
    Configuration().save(folder)
    body = [f"{index} 0 {text}" for index, text in DECISION.candidates.items()]
    more = [
        f"{3 + k} 2 {choice(LARGE + layers)}" for k, layers in enumerate((" (relu)", " (tanh)"))
    ]
    write_trace(
        folder,
        [
            *HELLO,
            *asked(2, 0, [1, 2], ["0 - root", *body], 2),
            *asked(3, 1, [3, 4], more, 3),
            *asked(4, 2, [3, 4], [], 4),
        ],
    )
    architecture = "(architecture (input 1 8 8) ((flatten) (linear 64 10)))"
    with Study.create(folder) as study:
        facts = {"session": "engine-0", "episode": 1, "step": 1}
        trial = study.start(architecture, facts=facts)
        evaluation = Evaluation("complete", metrics={"score": 0.5}, objective="score")
        study.finish(trial, evaluation, 0.5)
    buffer = ReplayBuffer(folder / "replay.jsonl")
    scorer = TransformerScorer(settings=GuideSettings(fit_tokens=500))
    agent = Agent(scorer, task=TASK, seed=0, buffer=buffer)
    agent.answer(session="engine-0", episode=1, step=1, index=2, answer=architecture,
                 path=[Step(2, choice(LARGE))])  # fmt: skip
    agent.observe(architecture, 0.5)
    agent.update()
    save(folder, agent, Position(scorer="transformer"))
    return folder


def printed(function, *arguments, **options) -> str:
    file = StringIO()
    assert function(*arguments, Console(width=120, file=file), **options) == 0
    return file.getvalue()


def printed_trial(run_dir: Path, **options) -> str:
    settings = {"trial": 0, "step": 0, "latest": False, "html": None, "rows": 5}
    return printed(command.explain_trial, run_dir, **(settings | options))


@pytest.mark.parametrize("step", [0, None])
@pytest.mark.parametrize("latest", [True, False])
def test_a_trial(run_dir: Path, tmp_path: Path, step, latest: bool) -> None:
    """The scores are those of the checkpoint, or of the fresh scorer that made the pick; the page
    lies where it was asked for."""
    file = tmp_path / "deep" / "page.html"
    shown = printed_trial(run_dir, step=step, html=file, latest=latest)
    scorer = TransformerScorer()
    if latest:
        saved = load(run_dir)
        assert saved is not None
        scorer.load_state_dict(saved[1]["scorer"])
    for score in scorer.score(TASK, list(DECISION.candidates.values())).tolist():
        assert step is None or f"{score:+.4f}" in shown
    note = "as it stands after 1 trials" if latest else "as it was at the pick, after 0 trials"
    assert f"scorer transformer {note}" in shown
    assert "layer 2, head 4" in shown and "rolled up" in shown
    assert ("where the scores lie furthest apart" in shown) == (step is None)
    assert len(Reader(file.read_text()).views) == 10


def test_the_page_lies_in_the_run(run_dir: Path) -> None:
    printed_trial(run_dir, latest=True)
    assert (run_dir / "explain" / "trial-0-step-0.html").is_file()


def test_a_whole_run(run_dir: Path) -> None:
    shown = printed(command.explain_run, run_dir, rows=3)
    assert "3 of the 3 choices" in shown
    assert "conv2d to 64 after input" in shown and "± error" in shown


@pytest.mark.parametrize(
    ("trial", "step", "message"),
    [
        (7, None, "no trial 7 in .*: its trials are 0 to 0"),
        (0, 3, "no step 3 in trial 0: its steps are 0 to 2"),
    ],
)
def test_no_such_trial_or_step(run_dir: Path, trial: int, step: int | None, message: str) -> None:
    with pytest.raises(ExplainError, match=message):
        printed_trial(run_dir, trial=trial, step=step)


def test_a_scorer_that_came_from_nowhere(run_dir: Path, tmp_path: Path) -> None:
    """It was set in a notebook, so that the trace does not say when."""
    for file in ("configuration.json", "trials.journal"):
        shutil.copy(run_dir / file, tmp_path)
    told = (run_dir / "trace.jsonl").read_text().replace('"scorer": "transformer"', '"scorer": "x"')
    (tmp_path / "trace.jsonl").write_text(told)
    with pytest.raises(ExplainError, match=r"made by scorer x, and .* --latest explains"):
        printed_trial(tmp_path)


def test_a_run_without_trials(tmp_path: Path) -> None:
    Configuration().save(tmp_path)
    Study.create(tmp_path).close()
    with pytest.raises(ExplainError, match=r"no trial of .* is finished yet"):
        printed(command.explain_run, tmp_path, rows=5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing/here"], "no run at nothing/here"),
        (["nothing/here", "--trial", "x"], "got x, expected a whole number"),
    ],
)
def test_mistakes_are_one_line(run_architecto, arguments: list[str], message: str) -> None:
    done = run_architecto("explain", *arguments)
    assert done.returncode == 2 and message in done.stderr
    assert done.stderr.count("\n") == 1


def test_mistakes_import_no_torch(run_program, python, run_dir: Path) -> None:
    program = (
        "import sys; from architecto import cli; status = cli.main(sys.argv[1:]); "
        "sys.exit(status if 'torch' not in sys.modules else 77)"
    )
    for options in (["--trial", "9"], ["--trial", "0", "--step", "9"], ["--step", "1"]):
        done = run_program(python, "-c", program, "explain", run_dir, *options)
        assert done.returncode == 2, done.stderr
