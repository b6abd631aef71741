"""Pictures of the pages, drawn once for everyone who looks and kept until they are too old."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from trading.charts import Chart, Charts, Look

MOST_KEPT: Final = 400
"""Pictures of some 20 KB each."""


class Pictures:
    """Draws a picture once for everyone who looks at the same state of an account."""

    def __init__(self, charts: Charts) -> None:
        self._charts = charts
        self._kept: OrderedDict[tuple[object, ...], tuple[object, bytes]] = OrderedDict()
        self._turn = asyncio.Lock()
        """A page asks for several pictures at once, and the drawing process has few places."""

    async def get(
        self,
        key: tuple[object, ...],
        state: object,
        look: Look,
        make: Callable[[], Awaitable[Chart]],
    ) -> bytes:
        """Return the picture of a key as of a state; drawn anew where the state is another.

        Raises what ``make`` raises, and ``ChartError`` where there is no picture in time.
        """
        key = (*key, look)
        known = self._fresh(key, state)
        if known is not None:
            return known
        async with self._turn:
            known = self._fresh(key, state)  # drawn while we waited
            if known is not None:
                return known
            picture = await self._charts.render(await make(), look)
            self._kept[key] = (state, picture)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return picture

    def _fresh(self, key: tuple[object, ...], state: object) -> bytes | None:
        known = self._kept.get(key)
        if known is None or known[0] != state:
            return None
        self._kept.move_to_end(key)
        return known[1]
