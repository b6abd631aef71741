"""What /help says: topics, then a topic or a command with its example."""

from html import escape

from handlers.cards.text import foreign
from handlers.commands import COMMANDS, About, CommandRow, Topic, Where, open_to, row_of
from handlers.forms import forms_of
from handlers.texts import later, t
from trading.model import Role

_TITLES = {
    Topic.LOOK: later("Look"),
    Topic.POSITIONS: later("Positions"),
    Topic.RESULTS: later("Results"),
    Topic.ACT: later("Act"),
    Topic.LIMITS: later("Limits"),
    Topic.SIGNALS: later("Signals"),
    Topic.PEOPLE: later("People"),
    Topic.MESSAGES: later("Messages"),
    Topic.PLANS: later("Plans"),
    Topic.DESK: later("Desk"),
}
_SIGNALS = later(
    "Paste or forward a signal, or write it:\n<code>BUY XAUUSD SL 2644 TP 2662.5</code>\n"
    "Nothing is traded before someone taps Approve."
)


def answer(word: str, role: Role, desk: Role | None = Role.OWNER) -> str:
    """Return the help on nothing in particular, on a topic, or on a command."""
    asked = word.strip().casefold()
    if not asked:
        return overview(role, desk)
    topic = next((one for one in Topic if one.value == asked), None)
    row = row_of(asked)
    # A word that is both a topic and a command is the command when it has its slash.
    if topic is not None and (row is None or not word.startswith("/")):
        return _of_topic(topic, role, desk)
    if row is not None:
        return _of_command(row, role)
    topics = ", ".join(Topic)
    return t(
        "“{word}” is neither a command nor a topic ({topics}). Example: {example}",
        word=foreign(word, 32),
        topics=topics,
        example="<code>/help cap</code>",
    )


def overview(role: Role, desk: Role | None = Role.OWNER) -> str:
    """Return every topic with the commands this role may use and one example each."""
    parts = [t("<b>What you can say</b>")]
    for topic in Topic:
        rows = [row for row in open_to(role, desk=desk) if row.topic is topic]
        if not rows:
            continue
        names = " ".join(f"/{row.name}" for row in rows)
        example = max(rows, key=lambda row: " " in row.example).example
        parts.append(f"<b>{t(_TITLES[topic])}</b>\n{names}\n{_like(example)}")
    if role.may(Role.TRADER):
        parts.append(t(_SIGNALS))
    parts.append(t("More: {examples}", examples=_MORE))
    return "\n\n".join(parts)


def first_words(role: Role) -> str:
    """Return what somebody who has just come should know: the rest is in /help."""
    parts = [t(_SIGNALS)] if role.may(Role.TRADER) else []
    looks = [row.name for row in open_to(role) if row.name in _FIRST]
    parts.append("\n".join([" ".join(f"/{name}" for name in looks), t("/help lists the rest.")]))
    return "\n\n".join(parts)


_FIRST = frozenset({"status", "drawdown", "cap", "pause", "panic"})
_MORE = "<code>/help cap</code>, <code>/help limits</code>"


def _like(example: str) -> str:
    return t("like {example}", example=f"<code>{escape(example)}</code>")


def _of_topic(topic: Topic, role: Role, desk: Role | None) -> str:
    rows = [row for row in open_to(role, desk=desk) if row.topic is topic]
    if not rows:
        needed = min(
            (row.role for row in COMMANDS if row.topic is topic), default=Role.OWNER, key=_rank
        )
        return t(
            "{topic}: these commands need the role {needed}; you are {role}.",
            topic=t(_TITLES[topic]),
            needed=needed,
            role=role,
        )
    lines = [
        f"/{row.name}: {t(row.summary)}\n    <code>{escape(row.example)}</code>" for row in rows
    ]
    return "\n".join([f"<b>{t(_TITLES[topic])}</b>", *lines])


def _rank(role: Role) -> int:
    return [Role.VIEWER, Role.TRADER, Role.OWNER].index(role)


def _without(row: CommandRow) -> str:
    if row.about in (About.ONE, About.ONE_OR_ALL):
        return t("I ask which, where there are several")
    if row.about is About.SHOW_OR_SET:
        return t("each is shown, and I ask which to set")
    return t("every one you may use it on")


def _of_command(row: CommandRow, role: Role) -> str:
    said = [f"<code>{escape(form)}</code>" for form in forms_of(row)]
    lines = [f"<b>/{row.name}</b>: {t(row.summary)}", *said]
    if row.about not in (About.NOTHING, About.DESK):
        lines.append(t("@ and a login name one account; without it: {which}", which=_without(row)))
    if row.aliases:
        names = " ".join(f"/{alias}" for alias in row.aliases)
        lines.append(t("also {names}", names=names))
    needs = t("needs the role {role}", role=row.role)
    lines.append(needs if role.may(row.role) else f"{needs}; {t('you are {role}', role=role)}")
    if row.where is not Where.ANYWHERE:
        lines.append(t("answered in a private chat only"))
    return "\n".join(lines)
