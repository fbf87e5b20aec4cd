"""Explanations: the model's own numbers, and what a choice says."""

from __future__ import annotations

from io import StringIO

import pytest
import torch
from explanations_for_tests import (
    DECISION,
    LARGE,
    SMALL,
    TASK,
    CountsConvolutions,
    choice,
    place,
    small,
)
from rich.console import Console

from architecto.explain import reading, terminal
from architecto.explain.attention import attention, rollout
from architecto.explain.attribution import occlusion, spans
from architecto.explain.effects import effects
from architecto.explain.explanation import differing
from architecto.explain.explanation import explain as explained
from architecto.scorers.bag import BagScorer
from architecto.scorers.base import BaseScorer
from architecto.scorers.batching import pad
from architecto.scorers.ensemble import EnsembleScorer
from architecto.scorers.random import RandomScorer
from architecto.scorers.transformer import Block

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
