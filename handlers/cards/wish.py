"""What became of a thing that was asked of the broker, in a line."""

from handlers.cards.text import WORDS, foreign, lots, price, side
from handlers.texts import retell, t
from trading.positions.model import WishLine

_MARKS = {
    "waiting": "⏳",
    "sent": "⏳",
    "unconfirmed": "❓",
    "done": "✅",
    "failed": "⚠️",
    "dropped": "✖️",
}


def mark(wish: WishLine) -> str:
    """Return the sign of how it stands."""
    return _MARKS.get(wish.status, "⏳")


def line(wish: WishLine) -> str:
    """Return what became of one thing asked of the broker, with the trade it was about."""
    what = f"{mark(wish)} #{wish.ticket} {side(wish.side)} {foreign(wish.symbol, 16)}"
    return f"{what}: {became(wish)}"


def became(wish: WishLine) -> str:
    """Return what became of one thing asked of the broker."""
    why = foreign(retell(wish.why), WORDS)
    match wish.status:
        case "done":
            return _done(wish)
        case "failed":
            return t("the broker refused: {why}", why=why)
        case "dropped":
            return why
        case "unconfirmed":
            return t("not confirmed yet; asking the broker, nothing is sent twice")
        case _:
            return t("waits for the broker")


def _done(wish: WishLine) -> str:
    if wish.kind == "cancel":
        return t("taken back")
    if wish.kind == "protect":
        parts = [
            f"{name} {price(level, None)}"
            for name, level in ((t("stop"), wish.stop_loss), (t("target"), wish.take_profit))
            if level is not None
        ]
        return t("{parts} set", parts=t(" and ").join(parts))
    at = "" if wish.price is None else t(" at {price}", price=price(wish.price, None))
    part = "" if wish.volume is None else t(" {volume} lots", volume=lots(wish.volume))
    return t("closed{part}{at}", part=part, at=at)
