"""Changes of people's rights, as the owners and the person hear of them."""

from handlers.cards.text import NAME, foreign
from handlers.texts import later, t
from trading.model import Role
from trading.notices import RightsChanged

_ROLES = {
    Role.OWNER: later("owner"),
    Role.TRADER: later("trader"),
    Role.VIEWER: later("viewer"),
}


def rights_changed(notice: RightsChanged) -> str:
    """Return whose rights changed to what, where and by whom."""
    who = f"{foreign(notice.name, NAME)} (id {notice.telegram_id})"
    where = t("every account")
    if notice.account:
        where = t("account {account}", account=foreign(notice.account))
    now = t("no right any more") if notice.role is None else f"<b>{t(_ROLES[notice.role])}</b>"
    return t(
        "👤 {who}: {now} on {where}, by {by}.\n/users shows everyone.",
        who=who,
        now=now,
        where=where,
        by=foreign(notice.by, NAME),
    )
