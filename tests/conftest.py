"""What every test shares."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import nursery, postgres_server
from tests.support.depth import THOROUGH

# How long an example takes says something of the machine, not of the rule it tries.
settings.register_profile("desk", deadline=None, max_examples=1000 if THOROUGH else 50)
settings.load_profile("desk")


def pytest_configure(config: pytest.Config) -> None:
    """Give the run, and not each of its workers, a place for the nursery of its bots."""
    if not hasattr(config, "workerinput"):
        nursery.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the nursery and the server with their run."""
    if not hasattr(config, "workerinput"):
        postgres_server.end(Path(os.environ[nursery.FOLDER]))
        nursery.end()
