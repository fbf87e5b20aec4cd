"""Texts become rows of ids: deterministic, open vocabulary, nothing lost, nothing cut silently."""

from __future__ import annotations

import hashlib
import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from architecto.scorers.tokenizer import COLUMNS, PAD, VERSION, VOCABULARY, Tokenizer

TASK = "categorize 8x8x1 images of handwritten digits into 10 categories"
CHOICE = (
    "(bind (state ((architecture (input 1 8 8) ((conv2d 1 8 3 1 1) . _.0)) _.1) () () () "
    "((infd _.1 (interval 36 50000))) ()) (conj (relate (activationo _.0))))"
)

symbols = st.sampled_from(["relu", "conv2d", "nor_conv_3x3", "ä", "12", "-7", "0.5", "_.0"])
trees = st.recursive(symbols, lambda inner: st.lists(inner, max_size=3), max_leaves=8)


def rows(text: str) -> np.ndarray:
    return Tokenizer(512).encode("", text)


def written(tree: object) -> str:
    return tree if isinstance(tree, str) else "(" + " ".join(map(written, tree)) + ")"


def depth(tree: object) -> int:
    return 0 if isinstance(tree, str) else 1 + max(map(depth, tree), default=0)


def test_ids_are_those_of_this_version():
    """A failure here means: VERSION has to go up, since old weights would read noise."""
    encoded = Tokenizer().encode(TASK, CHOICE).astype("<i4")
    assert VERSION == 1
    assert hashlib.sha256(encoded.tobytes()).hexdigest()[:16] == "e13ee14a053f1737"


def test_shape_and_range():
    encoded = Tokenizer().encode(TASK, CHOICE)
    assert encoded.shape[1] == COLUMNS
    assert encoded.min() > PAD
    assert encoded.max() < VOCABULARY


def test_the_task_comes_first_and_is_separated():
    alone, with_task = (Tokenizer().encode("", "(relu)"), Tokenizer().encode(TASK, "(relu)"))
    assert len(alone) == 2  # separator, relu
    words = TASK.replace("x", " x ").split()
    assert len(with_task) == len(words) + 2
    assert (with_task[-2:] == alone).all()


@given(trees, trees)
def test_different_expressions_give_different_rows(one, other):
    if max(depth(one), depth(other)) > 4:
        return
    same = rows(written(one)).tolist() == rows(written(other)).tolist()
    assert same == (one == other)


@given(st.text(max_size=60))
def test_any_text_is_read(text):
    encoded = rows(text)
    assert encoded.shape[1] == COLUMNS
    assert encoded.min() > PAD


def test_variables_count_by_their_order_of_appearance():
    assert (rows("(f _.3 _.9 _.3)") == rows("(f _.0 _.1 _.0)")).all()
    assert (rows("(f _.0 _.1)") != rows("(f _.0 _.0)")).any()


def test_unknown_symbols_differ_in_their_first_two_columns_only():
    one, other = rows("(conj frobnicate-1)"), rows("(conj frobnicate-2)")
    changed = (one != other).nonzero()
    assert set(zip(*map(list, changed), strict=True)) == {(2, 0), (2, 1)}


def test_near_numbers_share_their_magnitude():
    one, other, far = rows("1000")[1], rows("1001")[1], rows("9000")[1]
    assert one[0] == other[0] != far[0]
    assert one[1] != other[1]


def test_a_long_text_is_cut_in_the_middle_and_counted():
    tokenizer = Tokenizer(16)
    text = "(" + " ".join(f"s{i}" for i in range(40)) + ")"
    encoded = tokenizer.encode("", text)
    assert len(encoded) == 16 + 1  # and the separator
    assert tokenizer.cut == 1
    whole = rows(text)
    assert (encoded[:12] == whole[:12]).all()
    assert (encoded[-4:] == whole[-4:]).all()
    tokenizer.encode("", "(short)")
    assert tokenizer.cut == 1


def test_a_useless_maximum_is_refused():
    with pytest.raises(ValueError, match="max_length: got 3, expected at least 8"):
        Tokenizer(3)


# Where the rows stand in the text


def test_spans_are_the_words_in_order():
    tokenizer = Tokenizer(256)
    words = [f"{TASK} | {CHOICE}"[a:b] for a, b in tokenizer.spans(TASK, CHOICE)]
    task, choice = words[: words.index("|")], words[words.index("|") + 1 :]
    assert "".join(task) == TASK.replace(" ", "")
    assert choice == re.findall(r"\(\)|[^\s()]+", CHOICE)


@given(trees.map(written), st.sampled_from([8, 9, 512]))
def test_a_span_for_every_row(text, length):
    """Also where the text was cut: the spans stand in order and do not overlap."""
    tokenizer = Tokenizer(length)
    spans = tokenizer.spans(TASK, text)
    assert len(spans) == len(tokenizer.encode(TASK, text))
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
