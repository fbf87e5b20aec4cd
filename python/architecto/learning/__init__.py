"""The agent: it picks choices, proposes answers, and hands what it saw to the scorer.

`exploration` holds the formulas of a pick and a proposal, `replay` the buffer on the disk,
`metrics` the file of what was learned. How a scorer learns is the scorer's own affair, see
architecto.scorers.
"""
