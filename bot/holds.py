"""Why entries are held just now: each keeper of the house states its reason, or none."""


class Holds:
    """Reasons by name; entries go on once the last one is lifted."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def put(self, name: str, words: str) -> None:
        """Hold entries for this reason."""
        self._reasons[name] = words

    def lift(self, name: str) -> None:
        """Take the reason back."""
        self._reasons.pop(name, None)

    def __call__(self) -> str:
        """Return every reason in words, or an empty text."""
        return "; ".join(self._reasons.values())
