"""The trials of a run: which answers are evaluated, what came of it, and what that was worth."""
