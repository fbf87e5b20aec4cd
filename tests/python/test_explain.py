"""Explanations: the model's own numbers, decisions as the trace has them, a page on its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
import torch
from rich.console import Console

from architecto.agent import Agent
from architecto.batching import pad
from architecto.checkpoint import Position, save
from architecto.configuration import Configuration
from architecto.evaluators.base import Evaluation
from architecto.explain import command, page, reading, terminal
from architecto.explain.attention import attention, rollout
from architecto.explain.attribution import Place, occlusion, spans
from architecto.explain.command import ExplainError
from architecto.explain.decisions import Decision, decisions
from architecto.explain.effects import effects
from architecto.explain.explanation import differing
from architecto.explain.explanation import explain as explained
from architecto.learner import LearnerSettings
from architecto.replay import Step
from architecto.scorers.bag import BagScorer
from architecto.scorers.base import BaseScorer
from architecto.scorers.ensemble import EnsembleScorer
from architecto.scorers.random import RandomScorer
from architecto.scorers.transformer import Block, TransformerScorer
from architecto.study import Study

TASK = Configuration().task


def choice(layers: str) -> str:
    return (
        f"(bind (state ((architecture (input 1 8 8) ({layers} . _.0)) _.1) () () () "
        "((infd _.1 (interval 36 50000))) ()) (conj (relate (activationo _.0))))"
    )


SMALL, LARGE = "(conv2d 1 8 3 1 1)", "(conv2d 1 64 3 1 1)"
DECISION = Decision("engine-0", 1, 0, {1: choice(SMALL), 2: choice(LARGE)}, 2, True, "transformer")


class CountsConvolutions(BaseScorer):
    """Two a convolution, and nothing else matters."""

    name = "counts"

    def score(self, task: str, choices: list[str]) -> torch.Tensor:
        return torch.tensor([2.0 * text.count("conv2d") for text in choices])


def small(cls=TransformerScorer, seed: int = 0):
    return cls(seed=seed, width=16)


def place(*texts: str, picked: int = 0) -> Place:
    return Place(seed=0, episode=1, step=0, candidates=texts, picked=picked)


# Attention


def test_attention_is_the_modules_own() -> None:
    """softmax(query · key) times the values is what each block of the network itself reads."""
    scorer = small()
    found = attention(scorer, TASK, choice(SMALL))
    assert found is not None
    blocks = [m for m in scorer.model["choices"].modules() if isinstance(m, Block)]
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    for block in blocks:
        block.register_forward_pre_hook(lambda b, given: seen.append((b.project(given[0])[2], 0)))
        block.out.register_forward_pre_hook(lambda _, given: seen.append((seen.pop()[0], given[0])))
    with torch.no_grad():
        scorer.forward(pad([scorer.tokenizer.encode(TASK, choice(SMALL))]))
    assert len(seen) == len(found.blocks) == 2
    for (values, read), block in zip(seen, found.blocks, strict=True):
        torch.testing.assert_close(block.weights, block.products.softmax(-1))
        mixed = block.weights @ values[0]  # (H, T, W/H)
        torch.testing.assert_close(mixed.transpose(0, 1).flatten(1), read[0], rtol=1e-4, atol=1e-5)


def test_looking_changes_no_score() -> None:
    scorer = small()
    before = scorer.score(TASK, [choice(SMALL)])
    attention(scorer, TASK, choice(SMALL))
    assert torch.equal(scorer.score(TASK, [choice(SMALL)]), before)


def test_rollout_by_hand() -> None:
    """One block: half of the attention, half the token itself; two blocks: their product."""
    first = torch.tensor([[[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]])
    half = torch.tensor([[0.75, 0.25], [0.5, 0.5]])
    torch.testing.assert_close(rollout([first]), half)
    second = torch.tensor([[[0.0, 1.0], [0.0, 1.0]]])
    torch.testing.assert_close(
        rollout([first, second]), torch.tensor([[0.5, 0.5], [0.0, 1.0]]) @ half
    )


def test_an_ensemble_shows_every_member() -> None:
    scorer = EnsembleScorer(members=[small(seed=0), small(seed=1)])
    found = attention(scorer, TASK, choice(SMALL))
    assert found is not None
    names = [block.name for block in found.blocks]
    assert names == [f"member {m}, layer {k}" for m in (1, 2) for k in (1, 2)]
    torch.testing.assert_close(found.rolled_up.sum(1), torch.ones(len(found.rolled_up)))


@pytest.mark.parametrize("scorer", [small(BagScorer), RandomScorer(), CountsConvolutions()])
def test_scorers_without_attention(scorer: BaseScorer) -> None:
    assert attention(scorer, TASK, choice(SMALL)) is None
    found = explained(scorer, TASK, 0, DECISION)
    assert len(found.candidates) == 2 and len(found.effects) == len(found.spans)


# Occlusion


def test_occlusion_of_a_network_leaves_out_the_row() -> None:
    scorer, text = small(), choice(SMALL)
    rows = scorer.tokenizer.encode(TASK, text)
    [effect] = occlusion(scorer, TASK, place(text), [[5]])
    without = torch.cat([torch.tensor(rows[:5]), torch.tensor(rows[6:])]).numpy()
    expected = scorer.run([rows])[1] - scorer.run([without])[1]
    assert effect == pytest.approx(float(expected), abs=1e-5)


def test_occlusion_of_a_scorer_that_reads_text() -> None:
    scorer, text = CountsConvolutions(), choice(f"{SMALL} (relu) {LARGE}")
    found = spans(scorer, TASK, text)
    words = [f"{TASK} | {text}"[a:b] for a, b in found]
    alone = occlusion(scorer, TASK, place(text), [[i] for i in range(len(found))])
    assert {w for w, effect in zip(words, alone, strict=True) if effect} == {"conv2d"}
    both = [i for i, word in enumerate(words) if word == "conv2d"]
    assert occlusion(scorer, TASK, place(text), [both]) == [4.0]


def test_a_random_score_does_not_hang_on_the_text() -> None:
    found = explained(RandomScorer(), TASK, 0, DECISION)
    assert set(found.effects) == {0.0}
    again = explained(RandomScorer(), TASK, 0, DECISION)
    assert [c.score for c in again.candidates] == [c.score for c in found.candidates]


# Reading


def test_layers_and_what_stands_before_them() -> None:
    text = choice(f"{SMALL} (residual ((relu) (conv2d 8 16 1 1 0)) ()) (flatten) (linear _.2 10)")
    assert [name for layer in reading.layers(text) for name in layer.names] == [
        "conv2d after input",
        "conv2d to 8 after input",
        "residual after conv2d",
        "relu after conv2d",
        "conv2d after relu",
        "conv2d to 16 after relu",
        "flatten after residual",
        "linear after flatten",
        "linear to 10 after flatten",
    ]
    places = [text[layer.start : layer.end] for layer in reading.layers(text)]
    assert places[0] == SMALL and places[-1] == "(linear _.2 10)"
    names = [name for *_, name in reading.names(text)]
    assert {"conv2d kernel_size=3", "linear in_features=?", "number in interval"} <= set(names)


@pytest.mark.parametrize("text", ["", "no list", "(((", "))) a", "(architecture (input 1 8 8))"])
def test_texts_without_layers(text: str) -> None:
    assert reading.layers(text) == []
    assert reading.network(text) == text
    assert [text[a:b] for a, b, _ in reading.names(text)] or text in ("", "(((")


def test_candidates_are_shown_where_they_differ() -> None:
    assert differing([choice(SMALL), choice(LARGE)]) == [f"({SMALL} . _.0)", f"({LARGE} . _.0)"]
    one = choice(SMALL)
    assert differing([one, one.replace("activationo", "poolingo")]) == [
        "(activationo _.0))))",
        "(poolingo _.0))))",
    ]
    assert differing([one]) == [f"({SMALL} . _.0)"]


def test_the_picked_candidate_is_always_shown() -> None:
    """Also where the table has fewer rows than its rank."""
    found = explained(CountsConvolutions(), TASK, 0, DECISION)
    assert not found.candidates[0].picked  # equal scores: the lowest index comes first
    file = StringIO()
    terminal.show(Console(width=100, file=file), found, 1)
    assert LARGE in file.getvalue().split("What the scorer reads")[0]


# Over many choices


def test_effects_of_tokens_and_pairs() -> None:
    """Every convolution counts two, whatever stands before it; other layers count nothing."""
    texts = [choice(f"{SMALL} (relu) {LARGE}")] * 4
    found = effects(CountsConvolutions(), TASK, [place(text) for text in texts])
    pairs = {effect.name: effect for effect in found.pairs}
    assert pairs["conv2d after relu"].mean == pairs["conv2d to 8 after input"].mean == 2.0
    assert pairs["relu after conv2d"].mean == 0.0
    assert (pairs["conv2d after relu"].error, pairs["conv2d after relu"].choices) == (0.0, 4)
    assert found.tokens[0].name == "conv2d"
    assert [e.mean for e in found.pairs] == sorted((e.mean for e in found.pairs), reverse=True)


def test_standard_error() -> None:
    """Of the mean over choices: 2, 2 and 6 for a layer that holds one, one or three."""
    more = f"(residual ({SMALL} {SMALL}) (relu))"
    texts = [choice(SMALL), choice(SMALL), choice(more)]
    inner = {e.name: e for e in effects(CountsConvolutions(), TASK, map(place, texts)).pairs}
    assert inner["conv2d after input"].choices == 3
    texts = [choice("(a conv2d)"), choice("(a conv2d)"), choice("(a conv2d conv2d conv2d)")]
    [found] = effects(CountsConvolutions(), TASK, map(place, texts)).pairs
    assert found.name == "a after input"
    assert (found.mean, found.choices) == (pytest.approx(10 / 3), 3)
    assert found.error == pytest.approx(4 / 3)


def test_long_tables_say_what_they_leave_out() -> None:
    texts = [choice(f"{SMALL} (relu) {LARGE}")] * 3
    found = effects(CountsConvolutions(), TASK, map(place, texts))
    console = Console(width=100, file=StringIO())
    console.print(terminal.effects_table(found.tokens, "token", 2))
    assert f"{len(found.tokens) - 4} more" in console.file.getvalue()  # type: ignore[attr-defined]


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
@pytest.mark.timeout(180)
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
        capture_output=True, text=True, timeout=150,
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
        json.dumps({"t": 0.0, "direction": direction, "header": header, "body": body})
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
    ("in", {"type": "hello", "id": 1, "session": "engine-0"}, []),
    ("out", {"type": "hello_reply", "id": 1, "session": "engine-0"}, []),
]


def test_decisions_of_a_trace(tmp_path: Path) -> None:
    """`"all"` stands for what is open: sent, not closed, not picked. A hello begins anew."""
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
        {0: "root", 1: "a", 2: "b"},
        {0: "root", 3: "c"},
        {2: "b", 3: "c"},
        {1: "other"},
    ]
    assert [d.text for d in found] == ["a", "c", "b", "other"]
    assert not list(decisions(tmp_path, lambda *where: where == ("engine-0", 2)))


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
        study.finish(trial, Evaluation("complete", None, 0.5, [1.0], [0.5], 0.5, 0.5, 650, 1.0))
    agent = Agent(TransformerScorer(), task=TASK, seed=0, run_dir=folder,
                  learner=LearnerSettings(tokens=500))  # fmt: skip
    agent.answer(session="engine-0", episode=1, step=1, index=2, architecture=architecture,
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
        state = torch.load(run_dir / "checkpoint" / "agent.pt", weights_only=True)
        scorer.load_state_dict(state["scorer"])
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
