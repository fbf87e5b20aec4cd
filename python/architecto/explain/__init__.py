"""``python -m architecto explain``: why the scorer of a run values what it values.

`decisions` reads what could be picked from the trace; `explanation` puts together what the scorer
makes of one decision: scores, `attribution` of the score to tokens, and `attention`; `effects` does
so over many choices. `terminal` and `page` show it. `reading` knows the text of choices.

A decision is explained with the scorer that made it, as `history` learns again what it knew then; a
whole run with the scorer of the latest checkpoint.
"""
