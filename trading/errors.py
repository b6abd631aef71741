"""What can go wrong, as one tree.

TradeDeskError
├── TerminalError                   the terminal did not do what was asked
│   ├── TerminalUnavailable         nothing was sent: not running, not connected, restarting
│   │   └── WrongAccount            logged in elsewhere: a person must act
│   ├── TerminalTimeout             asked, and no answer within the deadline
│   ├── TerminalRefused             answered: no; carries MetaTrader's code and text
│   │   └── LoginRefused            number, password or server: asked for again only seldom
│   └── ProtocolError               the other side speaks another version or nonsense
├── StoreError                      the database could not keep or give a fact
│   ├── DatabaseInUse               another instance holds it
│   ├── DatabaseTooNew              written by a later version
│   ├── OutcomeUnknown              the connection broke while it was kept: kept, or not
│   └── RightLost                   another instance may write now: this one must end
├── VaultError                      a secret cannot be read: another key, or altered
├── IllegalTransition               a state was asked to go where it cannot
└── DrawdownCapExceededError        an entry on an account whose cap is exceeded

A refusal that is expected (denied, too late, not allowed) is a value, never one of these.
"""

from decimal import Decimal


class TradeDeskError(Exception):
    """The root of everything this program raises on purpose."""


class TerminalError(TradeDeskError):
    """The terminal did not do what was asked of it."""

    needs_person = False
    """Whether waiting cannot mend it: people are told at once."""


class TerminalUnavailable(TerminalError):  # noqa: N818 - reads as a state, like the tree above
    """Nothing was sent, so nothing can have happened."""


class WrongAccount(TerminalUnavailable):
    """The terminal shows another account than the one this desk trades: nothing is sent to it."""

    needs_person = True


class TerminalTimeout(TerminalError):  # noqa: N818
    """No answer within the deadline: what happened is unknown."""


class TerminalRefused(TerminalError):  # noqa: N818
    """The terminal answered with an error of its own."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{text} ({code})")
        self.code = code
        self.text = text


class LoginRefused(TerminalRefused):
    """The broker refused number, password or server."""

    needs_person = True


class ProtocolError(TerminalError):
    """The other side of the pipe speaks another version, or nonsense."""


class StoreError(TradeDeskError):
    """The database could not keep or give a fact."""


class DatabaseUnusable(StoreError):  # noqa: N818
    """Nothing can be kept where the setting points: no folder, no right, no database."""


class DatabaseInUse(StoreError):  # noqa: N818
    """Another instance of the program holds the database."""


class DatabaseTooNew(StoreError):  # noqa: N818
    """The file was written by a later version of the program."""


class OutcomeUnknown(StoreError):  # noqa: N818
    """The connection broke in the commit: it was kept or it was not, and nobody here knows."""


class RightLost(StoreError):  # noqa: N818
    """This instance may write no more, or no longer knows what is written: it must end."""


class VaultError(TradeDeskError):
    """A sealed secret cannot be read: it was sealed with another key, moved or altered."""


class IllegalTransition(TradeDeskError):  # noqa: N818
    """A state machine was asked for a move its table does not list."""


class DrawdownCapExceededError(TradeDeskError):
    """An entry was attempted on an account whose drawdown cap is exceeded."""

    def __init__(
        self, current_drawdown: Decimal, max_drawdown: Decimal, positions_closed: int
    ) -> None:
        super().__init__(
            f"drawdown {current_drawdown:.2f} % reached the cap of {max_drawdown:.2f} %; "
            f"{positions_closed} positions were closed"
        )
        self.current_drawdown = current_drawdown
        self.max_drawdown = max_drawdown
        self.positions_closed = positions_closed
