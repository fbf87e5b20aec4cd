"""An explanation as one HTML file: no network, no file beside it, and readable without scripts.

Without scripts the page shows candidates and tokens by what they are worth. With them the shading
can be switched to any layer and head, and a token that is clicked shows what it alone reads.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from .explanation import Explanation
from .terminal import LOWERS, RAISES

STYLE = f"""
:root {{ --raises: {",".join(map(str, RAISES))}; --lowers: {",".join(map(str, LOWERS))}; }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.3rem; }} h2 {{ font-size: 1.05rem; margin-top: 2rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0; }}
td.number {{ text-align: right; width: 1%; font-variant-numeric: tabular-nums; }}
td.number {{ white-space: nowrap; }}
tr.picked td {{ font-weight: bold; }}
code, #text {{ font-family: ui-monospace, monospace; font-size: 13px; overflow-wrap: anywhere; }}
#text {{ line-height: 2; border: 1px solid #ddd; border-radius: 4px; padding: .6rem .8rem; }}
#text span {{ border-radius: 3px; padding: .1rem 0; cursor: pointer; }}
#text span.reader {{ outline: 2px solid #222; }}
.controls {{ display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; }}
.key {{ display: inline-block; width: 1.6em; border-radius: 3px; }}
#fact {{ min-height: 1.6em; }}
"""

SCRIPT = """
const data = JSON.parse(document.getElementById("data").textContent);
const tokens = [...document.querySelectorAll("#text span")];
const select = document.getElementById("view");
const fact = document.getElementById("fact");
let reader = null;

function softmax(row) {
  const most = Math.max(...row);
  const powers = row.map(x => Math.exp(x - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map(x => x / sum);
}

function weights(view) {  // row reads from column
  if (!view.weights) view.weights = view.products.map(softmax);
  return view.weights;
}

function values(view) {
  if (view.effects) return view.effects;
  const rows = weights(view);
  if (reader !== null) return rows[reader];
  return rows[0].map((_, column) => rows.reduce((sum, row) => sum + row[column], 0) / rows.length);
}

function draw() {
  const view = data.views[select.value];
  const shown = values(view);
  const most = Math.max(...shown.map(Math.abs)) || 1;
  tokens.forEach((token, i) => {
    const colour = shown[i] < 0 ? "--lowers" : "--raises";
    token.style.backgroundColor = `rgba(var(${colour}), ${(Math.abs(shown[i]) / most).toFixed(3)})`;
    token.classList.toggle("reader", i === reader && !view.effects);
  });
  say(null);
}

function say(i) {
  const view = data.views[select.value];
  if (view.effects) {
    fact.textContent = i === null ? "Point at a token to see its effect."
      : `${tokens[i].textContent}: effect ${view.effects[i].toFixed(4)}`;
    return;
  }
  const who = reader === null ? "all tokens, in the mean, read"
    : tokens[reader].textContent + " reads";
  if (i === null) {
    fact.textContent = `Shown is what ${who}. Click a token to see what it alone reads.`;
    return;
  }
  let line = `${who} ${tokens[i].textContent}: weight ${values(view)[i].toFixed(4)}`;
  if (reader !== null && view.products)
    line += `, query · key / √width ${view.products[reader][i].toFixed(3)}`;
  fact.textContent = line;
}

tokens.forEach((token, i) => {
  token.addEventListener("mouseenter", () => say(i));
  token.addEventListener("mouseleave", () => say(null));
  token.addEventListener("click", () => { reader = reader === i ? null : i; draw(); say(i); });
});
select.addEventListener("change", draw);
draw();
"""


def page(explanation: Explanation, *, title: str, note: str) -> str:
    """The page of a decision. note: which scorer it is, in one line"""
    views = _views(explanation)
    data = json.dumps({"views": views}, separators=(",", ":")).replace("<", "\\u003c")
    options = "".join(
        f'<option value="{place}">{escape(view["name"])}</option>'
        for place, view in enumerate(views)
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    without = "" if explanation.attention else "<p>This scorer has no attention to show.</p>"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(note)}; {escape(explanation.how)}</p>
<h2>Candidates</h2>
<table>
<thead><tr><th>score</th><th>choice</th><th>candidate</th></tr></thead>
<tbody>
{_candidates(explanation)}
</tbody>
</table>
<h2>What the scorer reads</h2>
<div class="controls">
<label>shade by <select id="view">{options}</select></label>
<span><span class="key" style="background: rgb(var(--raises))">&nbsp;</span> raises the score, or is
read</span>
<span><span class="key" style="background: rgb(var(--lowers))">&nbsp;</span> lowers it</span>
</div>
<p id="fact"></p>
<div id="text">{_text(explanation)}</div>
{without}
<p>The effect of a token is the score less the score without it (occlusion). Attention: row by row
the softmax of query · key / √width of a head; rolled up through the layers as attention rollout
(Abnar and Zuidema 2020).</p>
<script type="application/json" id="data">{data}</script>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _views(explanation: Explanation) -> list[dict[str, Any]]:
    """What tokens can be shaded by: a number a token, or a matrix of which a row reads a column."""
    views: list[dict[str, Any]] = [
        {"name": "effect on the score", "effects": _rounded(explanation.effects)}
    ]
    if explanation.attention:
        rolled = explanation.attention.rolled_up.tolist()
        views.append({"name": "attention, rolled up", "weights": [_rounded(r) for r in rolled]})
        for block in explanation.attention.blocks:
            for head, products in enumerate(block.products.tolist(), 1):
                name = f"{block.name}, head {head}"
                views.append({"name": name, "products": [_rounded(row) for row in products]})
    return views


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 5) for value in values]


def _candidates(explanation: Explanation) -> str:
    return "\n".join(
        f'<tr{" class=picked" if candidate.picked else ""}><td class="number">'
        f'{candidate.score:+.4f}</td><td class="number">{candidate.index}</td>'
        f"<td><code>{escape(candidate.shown)}</code></td></tr>"
        for candidate in explanation.candidates
    )


def _text(explanation: Explanation) -> str:
    """The text with a span around every token, shaded by its effect for those without scripts."""
    most = max((abs(effect) for effect in explanation.effects), default=0.0) or 1.0
    parts, at = [], 0
    for (start, end), effect in zip(explanation.spans, explanation.effects, strict=True):
        colour = "--lowers" if effect < 0 else "--raises"
        shade = f"background-color: rgba(var({colour}), {abs(effect) / most:.3f})"
        parts.append(escape(explanation.text[at:start]))
        parts.append(f'<span style="{shade}">{escape(explanation.text[start:end])}</span>')
        at = end
    return "".join(parts) + escape(explanation.text[at:])
