"""Decimal amounts: parsing what people type, rounding to what a broker takes."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


def parse_decimal(text: str) -> Decimal | None:
    """Return the finite number a person typed (point or comma for decimals), or None."""
    cleaned = text.strip().replace(" ", "").replace("\u00a0", "").removesuffix("%")
    if "," in cleaned and "." not in cleaned:
        cleaned = cleaned.replace(",", ".")
    try:
        value = Decimal(cleaned)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of the step that is not above the value."""
    return (value / step).to_integral_value(ROUND_DOWN) * step


def round_to_tick(value: Decimal, tick: Decimal) -> Decimal:
    """Return the multiple of the tick size nearest to the value."""
    return (value / tick).to_integral_value(ROUND_HALF_UP) * tick


def percent_of(part: Decimal, whole: Decimal) -> Decimal:
    """Return what percent the part is of the whole; zero of nothing is zero."""
    return part / whole * HUNDRED if whole else Decimal(0)
