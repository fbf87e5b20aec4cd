"""The replay buffer: what went in comes back from its file, whatever happened to the last line."""

from __future__ import annotations

from pathlib import Path

from architecto.learning.replay import ReplayBuffer, Step

PATH = [Step(1, "(a)", ["(a)", "(b)"]), Step(4, "(a c)", ["(a c)", "(a d)"])]


def contents(buffer: ReplayBuffer) -> tuple:
    return (
        buffer.answers,
        list(buffer.held),
        buffer.rewards,
        list(buffer.dead_ends),
        buffer.last_episode,
    )


def filled(path: Path | None, **settings) -> ReplayBuffer:
    buffer = ReplayBuffer(path, **settings)
    assert buffer.add_answer("(architecture 1)", 0, PATH)
    assert buffer.add_answer("(architecture 2)", 1, PATH[:1])
    buffer.add_dead_end("(b)", 2)
    buffer.add_reward("(architecture 1)", 0.5)
    return buffer


def test_what_is_held_is_what_was_not_evaluated():
    buffer = filled(None)
    assert list(buffer.held) == ["(architecture 2)"]
    assert buffer.rewards == {"(architecture 1)": 0.5}
    assert [a.choices for a in buffer.answers] == [("(a)", "(a c)"), ("(a)",)]
    assert list(buffer.dead_ends) == ["(b)"]
    assert buffer.last_episode == 2


def test_a_derivation_is_kept_once(tmp_path):
    buffer = filled(tmp_path / "replay.jsonl")
    size = (tmp_path / "replay.jsonl").stat().st_size
    assert not buffer.add_answer("(architecture 1)", 3, PATH)
    buffer.add_dead_end("(b)", 3)
    assert (tmp_path / "replay.jsonl").stat().st_size == size
    assert buffer.add_answer("(architecture 1)", 3, PATH[1:])  # another way to the same
    assert len(buffer.answers) == 3
    assert list(buffer.held) == ["(architecture 2)"]


def test_candidates_are_kept_on_demand():
    assert filled(None).answers[0].candidates == ((), ())
    kept = filled(None, keep_candidates=True).answers[0].candidates
    assert kept == (("(a)", "(b)"), ("(a c)", "(a d)"))


def test_the_file_gives_everything_back(tmp_path):
    file = tmp_path / "replay.jsonl"
    first = filled(file, keep_candidates=True)
    first.sync()
    again = ReplayBuffer(file, keep_candidates=True)
    assert contents(again) == contents(first)
    again.add_answer("(architecture 3)", 5, PATH)
    assert contents(ReplayBuffer(file, keep_candidates=True)) == contents(again)


def test_a_torn_line_is_cut_off(tmp_path):
    file = tmp_path / "replay.jsonl"
    filled(file)
    whole = file.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for length in range(last, len(whole)):
        file.write_bytes(whole[:length])
        buffer = ReplayBuffer(file)
        assert buffer.rewards == {}
        buffer.add_reward("(architecture 1)", 0.5)
        assert file.read_bytes() == whole


def test_what_follows_a_damaged_part_is_kept_and_the_part_is_set_aside(tmp_path):
    file = tmp_path / "replay.jsonl"
    buffer = filled(file)
    buffer.add_answer("(architecture 3)", 3, [Step(5, "(c)")])
    buffer.add_reward("(architecture 3)", 0.25)
    whole = file.read_bytes()
    start = whole.index(b'{"text":"(a c)"')
    end = whole.index(b"}", whole.index(b'"dead_end"'))
    file.write_bytes(whole[:start] + bytes(end - start) + whole[end:])

    said = []
    found = ReplayBuffer(file, say=said.append)
    assert found.rewards == {"(architecture 1)": 0.5, "(architecture 3)": 0.25}
    assert [a.text for a in found.answers] == ["(architecture 3)"]
    [line] = said
    assert f"{file}: {end - start + 2} bytes cannot be read, from byte {start} on" in line
    assert (tmp_path / "replay.jsonl.damaged").read_bytes() == bytes(end - start) + whole[end:][:2]
    assert file.stat().st_size == len(whole)  # what stood behind stands where it stood

    found.add_answer("(architecture 4)", 4, PATH)  # the lost texts get numbers of their own
    again = ReplayBuffer(file, say=said.append)
    assert len(said) == 1
    assert contents(again) == contents(found)
    assert again.answers[-1].choices == ("(a)", "(a c)")


def test_a_line_that_speaks_of_a_lost_text_is_set_aside_too(tmp_path):
    file = tmp_path / "replay.jsonl"
    filled(file)
    file.write_bytes(file.read_bytes().replace(b'{"text":"(a)"', b'{"text":"(a)\x00', 1))
    said = []
    found = ReplayBuffer(file, say=said.append)
    assert found.answers == [] and found.rewards == {"(architecture 1)": 0.5}
    assert "in 3 places" in said[0]


def test_a_flipped_bit_is_seen(tmp_path):
    file, said = tmp_path / "replay.jsonl", []
    filled(file)
    data = bytearray(file.read_bytes())
    at = data.index(b"0.5")
    data[at + 2] ^= 2  # the reward is 0.7
    file.write_bytes(data)
    assert ReplayBuffer(file, say=said.append).rewards == {}
    assert len(said) == 1


def test_a_file_is_cut_to_the_size_that_counts(tmp_path):
    file = tmp_path / "replay.jsonl"
    buffer = filled(file)
    size = buffer.size
    buffer.add_reward("(architecture 2)", 0.1)
    assert ReplayBuffer(file, size=size).rewards == {"(architecture 1)": 0.5}
    assert file.stat().st_size == size
