"""What a cluster of digits and separators may mean, and which meaning a symbol allows."""

import re
from decimal import Decimal

Band = tuple[Decimal, Decimal]

_PLAIN = re.compile(r"\d*\.?\d+")
_THOUSANDS = {
    separator: re.compile(rf"\d{{1,3}}(?:{re.escape(separator)}\d{{3}})+(?:{re.escape(point)}\d+)?")
    for separator, point in ((",", "."), (".", ","), ("'", "."), (" ", "."))
}
_MAX_DIGITS = 12


def readings(cluster: str) -> list[tuple[Decimal, ...]]:
    """Return every way to read a cluster; one way may hold several prices (a comma list)."""
    if len(cluster) > 4 * _MAX_DIGITS:
        return []
    if _PLAIN.fullmatch(cluster):
        return [(Decimal(cluster),)] if len(cluster) <= _MAX_DIGITS else []
    found = [value for value in map(_grouped, [cluster] * 4, ",.' ") if value is not None]
    ways: list[tuple[Decimal, ...]] = [(value,) for value in dict.fromkeys(found)]
    if "," in cluster:
        ways += _decimal_comma(cluster) + _comma_list(cluster)
    return ways


def resolve(cluster: str, band: Band) -> tuple[Decimal, ...] | None:
    """Return the one reading whose prices a symbol's band allows, None where it is not one."""
    low, high = band
    allowed = [way for way in readings(cluster) if all(low <= price <= high for price in way)]
    return allowed[0] if len(allowed) == 1 else None


def _grouped(cluster: str, separator: str) -> Decimal | None:
    if separator not in cluster or not _THOUSANDS[separator].fullmatch(cluster):
        return None
    if separator == "." and cluster.count(".") == 1 and "," not in cluster:
        return None  # 4.226 is a decimal, not four thousand
    plain = cluster.replace(separator, "")
    return Decimal(plain.replace(",", "."))


def _decimal_comma(cluster: str) -> list[tuple[Decimal, ...]]:
    whole, _, fraction = cluster.partition(",")
    if not (whole.isdigit() and fraction.isdigit()):
        return []
    # No symbol quotes four digits before and after the point; 2650,2655 is two prices.
    if len(whole) > 3 and len(fraction) > 3:
        return []
    return [(Decimal(f"{whole}.{fraction}"),)]


def _comma_list(cluster: str) -> list[tuple[Decimal, ...]]:
    parts = cluster.split(",")
    if not all(_PLAIN.fullmatch(part) for part in parts):
        return []
    prices = tuple(map(Decimal, parts))
    close = max(prices) <= min(prices) * Decimal("1.3")
    same_shape = len({len(part.partition(".")[0]) for part in parts}) == 1
    return [prices] if close and same_shape else []


def expand(first: str, short: str) -> Decimal | None:
    """Complete the second end of an abbreviated range: 2655 and 50 give 2650."""
    if not short.isdigit() or not 1 <= len(short) <= 3 or not _PLAIN.fullmatch(first):
        return None
    tail = first.partition(".")[2] or first
    if len(short) >= len(tail) + ("." in first) or len(short) < 2:
        return None
    full, start = Decimal(first[: -len(short)] + short), Decimal(first)
    # A wider step means that a carry (2698-02) or a truncated number (2655-6) is likelier.
    return full if full != start and abs(full - start) <= start * Decimal("0.005") else None
