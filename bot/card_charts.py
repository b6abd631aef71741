"""A picture after a card: price, entry, stop and targets; the card never waits for it."""

import asyncio
import logging
from datetime import datetime, timedelta
from decimal import Decimal

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import BufferedInputFile, ReplyParameters

from bot.limiter import Limiter
from storage.card_store import CardStore
from trading.charts import ChartError, Charts, DecisionChart, bars_of
from trading.errors import StoreError
from trading.events import Event, EventType
from trading.ids import ApprovalId
from trading.loop import TradingLoop
from trading.model import Approval, ApprovalStatus, Proposal

WAITING = 8
"""Cards whose picture is not drawn yet; in a flood the newest go without."""
SETTLE_SECONDS = 1.0
"""The card goes first: its message is what the picture answers to."""
_BARS = 60

log = logging.getLogger(__name__)


class CardCharts:
    """Draws and sends pictures of new cards, one after the other; a lost one is no news."""

    def __init__(
        self,
        bot: Bot,
        store: CardStore,
        loop: TradingLoop,
        charts: Charts,
        limiter: Limiter,
        *,
        wanted: bool = True,
    ) -> None:
        self._wanted = wanted
        self._bot = bot
        self._store = store
        self._loop = loop
        self._charts = charts
        self._limiter = limiter
        self._queue: asyncio.Queue[ApprovalId] = asyncio.Queue(WAITING)

    def listen(self, event: Event) -> None:
        """Take note of a card that was just shown."""
        if not self._wanted or event.event_type is not EventType.SIGNAL_OFFERED:
            return
        if not self._queue.full():
            self._queue.put_nowait(ApprovalId(int(event.metadata["approval_id"])))

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            approval_id = await self._queue.get()
            await asyncio.sleep(SETTLE_SECONDS)
            try:
                await self._one(approval_id)
            except (ChartError, StoreError, TelegramAPIError) as error:
                facts = {"approval_id": approval_id, "why": str(error)}
                log.info("card_chart_not_sent", extra={"facts": facts})

    async def _one(self, approval_id: ApprovalId) -> None:
        approval = await self._store.approval(approval_id)
        if approval is None or approval.proposal is None:
            return
        if approval.status is not ApprovalStatus.OFFERED:
            return
        loop = self._loop.of(approval.account_id)
        prices = () if loop is None else loop.tail.of(approval.proposal.symbol)
        picture = await self._charts.render(_chart(approval, approval.proposal, prices))
        for chat_id, message_id in await self._store.shown_in(approval_id):
            await self._send(chat_id, message_id, picture, approval)

    async def _send(
        self, chat_id: int, message_id: int, picture: bytes, approval: Approval
    ) -> None:
        await asyncio.sleep(self._limiter.chat_delay(chat_id, urgent=False))
        self._limiter.take(chat_id)
        await self._bot.send_photo(
            chat_id,
            BufferedInputFile(picture, f"signal-{approval.signal.id}.png"),
            caption=f"Chart of signal {approval.signal.id}",
            disable_notification=True,
            reply_parameters=ReplyParameters(
                message_id=message_id, allow_sending_without_reply=True
            ),
        )


def _chart(
    approval: Approval, proposal: Proposal, prices: tuple[tuple[datetime, Decimal], ...]
) -> DecisionChart:
    draft = approval.signal.draft
    span = prices[-1][0] - prices[0][0] if prices else timedelta(0)
    width = timedelta(seconds=max(1, int(span.total_seconds()) // _BARS))
    return DecisionChart(
        title=f"{draft.side.value.upper()} {draft.symbol} · signal {approval.signal.id}",
        symbol=proposal.symbol,
        digits=proposal.digits,
        side=draft.side,
        entry=proposal.price,
        stop_loss=draft.stop_loss,
        take_profits=draft.take_profits,
        bars=bars_of(prices, width),
        price=prices[-1][1] if prices else None,
    )
