"""Which account a command is about: named with ``@``, tapped, or the only one there is."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from html import escape

from aiogram import Router
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from handlers.callbacks import PickAccount
from handlers.cards.text import foreign
from handlers.commands import About, CommandRow
from handlers.editing import edit_quietly
from handlers.texts import t
from trading.ids import AccountId
from trading.model import Account, Role

Again = Callable[[CallbackQuery, str], Awaitable[None]]
"""Says a command once more, as the person who tapped."""
Held = Sequence[tuple[Account, Role]]
"""A member's accounts with their role on each."""

ALL = "all"
SHORTEST_TAIL = 3
"""A login may be given by its last digits, this many at least, where one alone ends so."""
MOST_AT_ONCE = 6
"""More accounts than these are not answered for in one go: one is picked."""
_MOST_BUTTONS = 30
_LONGEST_AGAIN = 160


@dataclass(frozen=True, slots=True)
class Chosen:
    """The accounts a command is about, and whether its person has others."""

    accounts: tuple[Account, ...]
    several: bool
    named: bool = False
    """Whether its person said which."""

    @property
    def one(self) -> Account:
        """Return the account of a command that is about exactly one."""
        (account,) = self.accounts
        return account

    @property
    def ids(self) -> frozenset[AccountId]:
        """Return which accounts they are."""
        return frozenset(one.id for one in self.accounts)

    def label(self, account: Account) -> str:
        """Return the account's name for an answer, or nothing where there is but one."""
        return str(account.login) if self.several else ""


@dataclass(frozen=True, slots=True)
class Pick:
    """Several accounts may be meant: these."""

    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class NotYours:
    """None of the person's accounts is named so, or their role on it is too low."""

    words: str


def split(row: CommandRow, args: str | None) -> tuple[str, str | None]:
    """Return what names an account (empty: nothing does) and the words that are left.

    Before a signal only the first word may name one: ``@ 1.0950`` is a price.
    """
    words = (args or "").split(" ")
    first_only = row.about is About.SENDER
    for at, word in enumerate(words[:1] if first_only else words):
        name = word.removeprefix("@").casefold()
        if word.startswith("@") and name and (not first_only or name.isdecimal()):
            rest = " ".join(words[:at] + words[at + 1 :]).strip()
            return name, rest or None
    return "", args


def choose(
    row: CommandRow, name: str, needed: Role, held: Held, *, acts: bool
) -> Chosen | Pick | NotYours:
    """Return the accounts a command is about; an account is never guessed.

    ``acts``: it changes something, so it is about one account unless all are named.
    """
    several = len(held) > 1
    able = tuple(account for account, role in held if role.may(needed))
    if not name:
        return _unnamed(able, held, needed, row, acts=acts)
    if name == ALL and (not acts or row.about is About.ONE_OR_ALL):
        return Chosen(able, several, named=True) if able else _too_low(row, needed, held)
    named = _named(name, held)
    if not named:
        known = ", ".join(str(account.login) for account, _ in held[:_MOST_BUTTONS])
        return NotYours(
            t(
                "✋ @{name} is none of your accounts ({known}). Nothing was done.",
                name=foreign(name, 24),
                known=known,
            )
        )
    fitting = tuple(account for account, role in named if role.may(needed))
    if not fitting:
        return _too_low(row, needed, named)
    return Chosen(fitting, several, named=True) if len(fitting) == 1 else Pick(fitting)


def _unnamed(
    able: tuple[Account, ...], held: Held, needed: Role, row: CommandRow, *, acts: bool
) -> Chosen | Pick | NotYours:
    if not able and held:
        return _too_low(row, needed, held)
    enough = len(able) <= (1 if acts else MOST_AT_ONCE) or row.about is About.SENDER
    return Chosen(able, len(held) > 1) if enough else Pick(able)


def _named(name: str, held: Held) -> Held:
    if name.startswith("#"):  # as a button of ours says it
        return [one for one in held if name[1:] == str(one[0].id)]
    exact = [one for one in held if name == str(one[0].login)]
    tails = [one for one in held if str(one[0].login).endswith(name)]
    return exact or (tails if len(name) >= SHORTEST_TAIL and len(tails) == 1 else [])


def _too_low(row: CommandRow, needed: Role, held: Held) -> NotYours:
    account, role = held[0]
    return NotYours(
        t(
            "✋ /{name} needs the role {needed} on {account}; you are {role} there."
            " Nothing was done.",
            name=row.name,
            needed=needed,
            account=account.login,
            role=role,
        )
    )


def question(
    row: CommandRow, args: str | None, pick: Pick, *, with_all: bool = False
) -> tuple[str, InlineKeyboardMarkup]:
    """Return the question which account is meant, and a button for each."""
    said = " ".join([f"/{row.name}", *(args or "").split()])
    with_all = with_all or row.about is About.ONE_OR_ALL
    rows = [
        [_button(f"{account.login} · {foreign(account.server, 24)}", f"#{account.id}")]
        for account in pick.accounts[:_MOST_BUTTONS]
    ]
    if with_all:
        rows.append([_button(t("All {count}", count=len(pick.accounts)), ALL)])
    if len(said) > _LONGEST_AGAIN:
        return t("Which account? Put its number behind the command, like @5012345."), _NONE
    text = t("Which account? Or write it: {example}", example=f"{row.example} @5012345")
    return f"{escape(text)}\n<code>{escape(said)}</code>", InlineKeyboardMarkup(
        inline_keyboard=rows
    )


_NONE = InlineKeyboardMarkup(inline_keyboard=[])


def _button(label: str, name: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=label, callback_data=PickAccount(name=name).pack())


async def on_pick(query: CallbackQuery, callback_data: PickAccount, again: Again) -> None:
    """Say the command that was asked about once more, with the account that was tapped."""
    message = query.message
    said = (message.text or "").rpartition("\n")[2] if isinstance(message, Message) else ""
    if not said.startswith("/"):
        await query.answer(t("This button is not known any more. Nothing was changed."))
        return
    await query.answer()
    await edit_quietly(query, f"<code>{escape(said)}</code>")
    word, _, rest = said.partition(" ")
    await again(query, f"{word} @{callback_data.name} {rest}".strip())


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.callback_query.register(on_pick, PickAccount.filter())
    return router
