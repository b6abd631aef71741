"""How much a run of the tests tries: ``make thorough`` tries everything, ``make test`` a share."""

import os

THOROUGH = bool(os.environ.get("TESTS_THOROUGH"))


def examples(usual: int) -> int:
    """Return how many examples a property gets that needs another number than most."""
    return usual * 20 if THOROUGH else usual
