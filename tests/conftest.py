"""What every test shares."""

from hypothesis import settings

# How long an example takes says something of the machine, not of the rule it tries.
settings.register_profile("desk", deadline=None)
settings.load_profile("desk")
