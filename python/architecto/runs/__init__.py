"""A run: its configuration and directory, its processes, what is shown and kept of it.

`supervisor` starts the agent process (`serve`, which holds a `run`) and the engines (`engines`),
and starts again what dies.
"""
