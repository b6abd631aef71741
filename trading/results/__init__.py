"""What trading has brought: round trips from deals, sums of them, and the figures people ask for.

Every formula is written out in docs/results.md.
"""
