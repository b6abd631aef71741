"""Replaying signals over recorded prices: the same checks and guard, faster than real time."""
