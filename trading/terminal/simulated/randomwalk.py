"""A seeded market: every price follows from the seed, the symbol and the number of the tick.

A price is a sum of value noise over ten time scales, each four times as long and twice as strong
as the one before. That looks like a random walk from a tick to a day and returns to its mean
beyond; and as nothing is carried from tick to tick, any instant can be asked for directly.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from trading.terminal.simulated.catalogue import CATALOGUE
from trading.terminal.simulated.config import Shock
from trading.terminal.simulated.feed import Quote

STEP_MS = 250
_JITTER_MS = 200
_SCALES = 10
_MOST_STEPS = 20_000  # per look: a sleep of days is walked in longer strides
_MASK = (1 << 64) - 1


def _mix(x: int) -> int:
    x = (x + 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def _noise(key: int, index: int) -> float:
    return _mix(key ^ _mix(index)) / (1 << 63) - 1.0


def _key(seed: int, name: str) -> int:
    key = _mix(seed & _MASK)
    for byte in name.encode():
        key = _mix(key ^ byte)
    return key


class RandomWalk:
    """The market model; instants are milliseconds since its start."""

    def __init__(self, seed: int, shock: Shock | None = None) -> None:
        self._keys = {name: _key(seed, name) for name in CATALOGUE}
        self._starts = {name: self._wave(name, 0) for name in CATALOGUE}
        self._shock = shock

    def at(self, symbol: str, ms: int) -> Quote | None:
        """Return the newest quote of a symbol at an instant, None before the first."""
        index = ms // STEP_MS
        if self._time(symbol, index) > ms:
            index -= 1
        return self._quote(symbol, index) if index >= 0 else None

    def between(self, after: int, until: int, symbols: Iterable[str]) -> Iterator[Quote]:
        """Return the quotes of some symbols in (after, until], by time."""
        names = sorted(symbols)
        first, last = max(0, after // STEP_MS), until // STEP_MS
        stride = 1 + (last - first) * len(names) // _MOST_STEPS
        for index in range(first, last + 1, stride):
            times = sorted((self._time(name, index), name) for name in names)
            for ms, name in times:
                if after < ms <= until:
                    yield self._quote(name, index)

    def _time(self, symbol: str, index: int) -> int:
        return index * STEP_MS + _mix(self._keys[symbol] + index) % _JITTER_MS

    def _quote(self, symbol: str, index: int) -> Quote:
        spec = CATALOGUE[symbol]
        wideness = 1.0 + 0.4 * _noise(self._keys[symbol] ^ 1, index)
        half = spec.spread * wideness * 0.5 * 10.0**-spec.digits
        mid = self._mid(symbol, index)
        bid = Decimal(f"{mid - half:.{spec.digits}f}")
        ask = Decimal(f"{mid + half:.{spec.digits}f}")
        return Quote(self._time(symbol, index), symbol, bid, max(ask, bid))

    def _mid(self, symbol: str, index: int) -> float:
        spec = CATALOGUE[symbol]
        if spec.cross:
            left, sign, right = spec.cross
            one, other = self._mid(left, index), self._mid(right, index)
            mid = one * other if sign == "*" else one / other
        else:
            wave = self._wave(symbol, index) - self._starts[symbol]
            mid = spec.mid * (1.0 + spec.daily_range * wave)
        return mid * self._shock_factor(symbol, index * STEP_MS)

    def _shock_factor(self, symbol: str, ms: int) -> float:
        shock = self._shock
        if shock is None or shock.symbol != symbol:
            return 1.0
        done = min(1.0, max(0.0, (ms - shock.after_ms) / shock.over_ms))
        return 1.0 - shock.percent / 100.0 * done

    def _wave(self, symbol: str, index: int) -> float:
        key, total = self._keys[symbol], 0.0
        for scale in range(_SCALES):
            period = 4**scale
            step, part = divmod(index, period)
            left = _noise(key + scale, step)
            right = _noise(key + scale, step + 1)
            total += (left + (right - left) * part / period) * 2.0 ** (scale - _SCALES + 1)
        return total
