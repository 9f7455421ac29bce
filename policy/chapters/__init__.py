"""The policy's rules, one module a chapter, one small pure function a clause.

A rule carries the clause's id as its name and the clause as its docstring. It is asked about facts
that are all known; ``policy.tables`` runs the rules over every combination of named values once, so
that deciding is looking up, and ``policy.unknowns`` asks what unknown facts could still change.
"""
