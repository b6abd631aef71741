"""The words inside a picture, in the language of whoever asked for it."""

from handlers.texts import later, t

LABELS = (
    later("Equity, {currency}"),
    later("deepest {percent} %"),
    later("Below the peak, %"),
    later("Result of the day, {currency}"),
    later("Trading day"),
    later("Entry"),
    later("Stop"),
    later("Target"),
    later("Now"),
    later("{symbol}, price"),
    later("no price history yet"),
    later("Time, {zone}"),
)


def labels() -> dict[str, str]:
    """Return each label's words for the present reader, its places kept."""
    return {one: t(one) for one in LABELS}
