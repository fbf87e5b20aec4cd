"""Batches of nearly one length hold every text once; the cache knows what is stale."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from architecto.scorers.batching import TextCache, batches, pad
from architecto.scorers.tokenizer import COLUMNS, PAD


def texts_of(lengths: list[int]) -> list[np.ndarray]:
    return [np.full((n, COLUMNS), i + 1, dtype=np.int32) for i, n in enumerate(lengths)]


@given(st.lists(st.integers(1, 60), max_size=40), st.integers(1, 300))
def test_every_text_is_in_one_batch(lengths, max_tokens):
    made = list(batches(texts_of(lengths), max_tokens, slack=0.2, spare=10))
    assert sorted(p for b in made for p in b.positions) == list(range(len(lengths)))
    for batch in made:
        count, longest, columns = batch.ids.shape
        assert columns == COLUMNS
        assert count == 1 or count * longest <= max_tokens
        padded = count * longest - sum(lengths[p] for p in batch.positions)
        assert padded <= max(0.2 * count * longest, 10)
        for row, position in zip(batch.ids, batch.positions, strict=True):
            kept = row[: lengths[position]]
            assert (kept == position + 1).all()
            assert (row[lengths[position] :] == PAD).all()


def test_padding_marks_what_is_no_token():
    batch = pad(texts_of([2, 3]))
    assert batch.padding is not None
    assert batch.padding.tolist() == [[False, False, True], [False, False, False]]
    assert pad(texts_of([3, 3])).padding is None


def test_the_cache_forgets_what_was_used_longest_ago():
    cache: TextCache[int] = TextCache(capacity=2)
    cache.put("task", "a", 1)
    cache.put("task", "b", 2)
    assert cache.get("task", "a") == 1
    cache.put("task", "c", 3)
    assert (cache.get("task", "a"), cache.get("task", "b"), cache.get("task", "c")) == (1, None, 3)
    assert len(cache) == 2


def test_a_stale_value_is_still_given():
    cache: TextCache[int] = TextCache()
    cache.put("task", "a", 1)
    assert cache.is_fresh("task", "a")
    cache.stale_all()
    assert cache.get("task", "a") == 1
    assert not cache.is_fresh("task", "a")
    assert not cache.is_fresh("task", "b")
    cache.put("task", "a", 2)
    assert cache.is_fresh("task", "a")


def test_a_text_is_kept_under_each_task_and_all_tasks_share_the_room():
    cache: TextCache[int] = TextCache(capacity=2)
    cache.put("digits", "a", 1)
    cache.put("letters", "a", 2)
    assert (cache.get("digits", "a"), cache.get("letters", "a")) == (1, 2)
    again: TextCache[int] = TextCache(capacity=2)
    again.load_state_dict(cache.state_dict())
    assert (again.get("digits", "a"), again.get("letters", "a")) == (1, 2)
    cache.put("letters", "b", 3)
    assert (cache.get("digits", "a"), cache.get("letters", "b"), len(cache)) == (None, 3, 2)
