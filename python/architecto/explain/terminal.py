"""Explanations for the terminal: colour where there is colour, figures in any case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from .attention import Attention, BlockAttention
from .effects import Effect, Effects
from .explanation import Candidate, Explanation

RAISES, LOWERS = (90, 150, 255), (255, 150, 60)
"""Colours of tokens that raise and that lower the score; blue and orange look different to all."""


def show(console: Console, explanation: Explanation, rows: int) -> None:
    """Print a decision: candidates, tokens by what they are worth, and where the scorer looks."""
    for part in _parts(explanation, rows):
        console.print(part, highlight=False)


def overview(steps: list[list[Candidate]], explored: list[bool]) -> Table:
    """A row for each pick of a trial."""
    table = _table("step", "of", "rank", "score", "best", "picked")
    for number, (candidates, chance) in enumerate(zip(steps, explored, strict=True)):
        rank = next(i for i, candidate in enumerate(candidates) if candidate.picked)
        picked = candidates[rank]
        table.add_row(
            str(number),
            str(len(candidates)),
            str(rank + 1),
            f"{picked.score:+.3f}",
            f"{candidates[0].score:+.3f}",
            Text(_tail(picked.shown, 44), style="dim" if chance else ""),
        )
    return table


def effects_table(effects: list[Effect], title: str, rows: int) -> Table:
    """The effects, highest first; in the middle of a long table some are left out."""
    table = _table("effect", "± error", "choices", title)
    left_out = len(effects) - 2 * rows
    for place, effect in enumerate(effects):
        if left_out > 0 and rows <= place < rows + left_out:
            if place == rows:
                table.add_row("…", "", "", f"{left_out} more (-n shows them)", style="dim")
            continue
        table.add_row(
            Text(f"{effect.mean:+.4f}", style=_colour(effect.mean)),
            f"{effect.error:.4f}",
            str(effect.choices),
            Text(effect.name),
        )
    return table


def run_tables(effects: Effects, rows: int) -> list[Table]:
    return [
        effects_table(effects.pairs, "layer after the one before it", rows),
        effects_table(effects.tokens, "token", rows),
    ]


def _parts(explanation: Explanation, rows: int) -> Iterator[RenderableType]:
    table = _table("score", "choice", "candidate")
    shown = [c for place, c in enumerate(explanation.candidates) if place < rows or c.picked]
    for candidate in shown:
        table.add_row(
            f"{candidate.score:+.4f}",
            str(candidate.index),
            Text(_tail(candidate.shown, 60), style="bold" if candidate.picked else ""),
        )
    yield table
    left = len(explanation.candidates) - len(shown)
    if left:
        yield f"  … and {left} more"
    picked = explanation.picked
    yield Text(
        f"\nWhat the scorer reads of choice {picked.index}; blue raises its score, orange lowers it"
    )
    yield shaded(explanation)
    yield ""
    yield _ranked(explanation, rows)
    if explanation.attention is None:
        yield f"\nscorer {explanation.decision.scorer} has no attention to show"
    else:
        yield "\nWhere the scorer looks: the attention that each word gets, mean of all readers"
        yield _attention_table(explanation.attention, explanation.tokens)


def shaded(explanation: Explanation) -> Text:
    """The text with every token in the colour of its effect."""
    shown = Text(explanation.text)
    most = max((abs(effect) for effect in explanation.effects), default=0.0)
    for (start, end), effect in zip(explanation.spans, explanation.effects, strict=True):
        if most and abs(effect) / most >= 0.05:
            shown.stylize(_shade(effect / most), start, end)
    return shown


def _ranked(explanation: Explanation, rows: int) -> Table:
    """The tokens with the largest effects, in the order in which they raise the score."""
    order = sorted(range(len(explanation.spans)), key=lambda i: -abs(explanation.effects[i]))[:rows]
    table = _table("effect", "token", "where it stands")
    for i in sorted(order, key=lambda i: -explanation.effects[i]):
        start, end = explanation.spans[i]
        around = Text("…" + explanation.text[max(0, start - 24) : end + 16] + "…", style="dim")
        token = Text(explanation.tokens[i], style=_colour(explanation.effects[i]))
        table.add_row(f"{explanation.effects[i]:+.4f}", token, around)
    return table


def _attention_table(attention: Attention, tokens: list[str], top: int = 3) -> Table:
    table = _table("", "most read", "strongest pair: weight, query · key / √width")
    for column in table.columns[:2]:
        column.justify, column.no_wrap = "left", True
    table.add_row("rolled up", _most(attention.rolled_up.mean(0).tolist(), tokens, top), "")
    for block in attention.blocks:
        for head in range(len(block.weights)):
            table.add_row(
                f"{block.name}, head {head + 1}",
                _most(block.weights[head].mean(0).tolist(), tokens, top),
                _strongest(block, head, tokens),
            )
    return table


def _most(weights: list[float], tokens: list[str], top: int) -> Text:
    """Tokens that get the most attention; the same word counts together wherever it stands."""
    shares: dict[str, float] = defaultdict(float)
    for token, weight in zip(tokens, weights, strict=True):
        shares[token] += weight
    order = sorted(shares, key=lambda token: -shares[token])[:top]
    return Text(", ".join(f"{_short(token)} {100 * shares[token]:.0f} %" for token in order))


def _strongest(block: BlockAttention, head: int, tokens: list[str]) -> Text:
    at = int(block.weights[head].argmax())
    reader, read = divmod(at, len(tokens))
    weight, product = block.weights[head, reader, read], block.products[head, reader, read]
    pair = f"{_short(tokens[reader])} reads {_short(tokens[read])}"
    return Text(f"{pair}: {float(weight):.2f}, {float(product):+.2f}")


def _table(*columns: str) -> Table:
    """A plain table; all columns but the last are figures."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, name in enumerate(columns):
        last = place == len(columns) - 1
        table.add_column(name, justify="left" if last else "right", overflow="fold")
    return table


def _shade(strength: float) -> str:
    """Black on white tinted by a strength in [-1, 1]."""
    colour = RAISES if strength > 0 else LOWERS
    red, green, blue = (round(255 + (c - 255) * min(abs(strength), 1.0)) for c in colour)
    return f"black on rgb({red},{green},{blue})"


def _colour(effect: float) -> str:
    return "rgb({},{},{})".format(*(RAISES if effect > 0 else LOWERS)) if effect else ""


def _short(token: str) -> str:
    return token if len(token) <= 20 else token[:19] + "…"


def _tail(text: str, width: int) -> str:
    return text if len(text) <= width else "…" + text[-(width - 1) :]
