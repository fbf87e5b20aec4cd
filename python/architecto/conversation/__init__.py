"""What engines and the agent say to one another: messages, sessions, the trace, recovery, keys.

`messages` and `server` are the wire, `service` is what happens on a request, `sessions` what is
known of each engine. Everything that is said stands in the trace; `recovery` carries it out again
by the same transition. Nothing here knows what is searched or how it is scored.
"""
