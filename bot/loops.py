"""Makes account loops: one recipe for the desk's own account and for members' accounts."""

from dataclasses import replace

from bot.holds import Holds
from bot.limits import loop_settings, risk_limits
from bot.settings import Settings
from bot.stores import Stores
from trading.clock import Clock
from trading.enrolment import MemberTerminal
from trading.loop import AccountLoop
from trading.ports import Terminal
from trading.reporting import Reporter


class LoopMaker:
    """Knows everything a loop needs but its terminal and, where it is a member's, its row."""

    def __init__(
        self, settings: Settings, stores: Stores, reporter: Reporter, holds: Holds, clock: Clock
    ) -> None:
        self._settings = settings
        self._stores = stores
        self._reporter = reporter
        self._holds = holds
        self._clock = clock

    def __call__(self, terminal: Terminal, row: MemberTerminal | None = None) -> AccountLoop:
        """Return the loop of a terminal; of the member's account that the row names, if any."""
        settings = loop_settings(self._settings)
        if row is not None:
            settings = replace(
                settings,
                login=row.login,
                server=row.server,
                member_id=row.member_id,
                simulated=row.kind == "simulated",
            )
        return AccountLoop(
            terminal,
            self._stores.desk,
            risk_limits(self._settings),
            settings,
            self._clock,
            self._reporter,
            self._stores.positions,
            self._stores.cards,
            self._holds,
        )
