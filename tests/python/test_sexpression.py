"""The reader of s-expressions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from architecto.problems import sexpression
from architecto.problems.sexpression import SexpressionError, read


def test_lists_symbols_and_numbers() -> None:
    assert read("(conv2d 1 16 3)") == ["conv2d", 1, 16, 3]
    assert read("  ( a (b ()) -2 0.5 1e-3 .25 )\n") == ["a", ["b", []], -2, 0.5, 1e-3, 0.25]
    assert read("batch-norm2d") == "batch-norm2d"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "character 1: expected an expression, got an empty text"),
        ("(a", "character 3: expected ')' for the list opened at character 1"),
        ("(a))", "character 4: expected the end of the text, got ')'"),
        (")", "character 1: ')' closes no list"),
        ("a b", "character 3: expected the end of the text, got 'b'"),
        (
            "(a #t)",
            "character 4: expected a list, a symbol or a number of at most 9 digits, got '#t'",
        ),
        ("(a 'b)", "character 4: expected a list"),
        ('(a "b")', "character 4: expected a list"),
        ("(a . #(1))", "character 4: expected a list"),
        ("(1/2)", "character 2: expected a list"),
        ("(1000000000)", "character 2: expected a list"),
        ("(1.)", "character 2: expected a list"),
        ("(a\u00a0b)", "character 2: expected a list"),
        ("(" * 65, "character 65: lists are nested deeper than 64"),
        ("x" * 2_000_000, "the text has 2,000,000 characters, and at most 1,048,576 are read"),
    ],
)
def test_errors_say_where(text: str, message: str) -> None:
    with pytest.raises(SexpressionError) as caught:
        read(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


EXPRESSIONS = st.recursive(
    st.integers(-(10**9) + 1, 10**9 - 1) | st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=20,
)


def written(expression: sexpression.Expression) -> str:
    if isinstance(expression, list):
        return "(" + " ".join(map(written, expression)) + ")"
    return str(expression)


@given(EXPRESSIONS)
def test_what_is_written_is_read_back(expression: sexpression.Expression) -> None:
    assert read(written(expression)) == expression


@given(st.text(alphabet="()ab1.-# \n'\"", max_size=40))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        read(text)
    except SexpressionError as error:
        assert str(error) and "\n" not in str(error)
