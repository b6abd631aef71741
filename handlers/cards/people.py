"""Changes of people's rights, as the owners and the person hear of them."""

from handlers.cards.text import NAME, foreign
from trading.notices import RightsChanged


def rights_changed(notice: RightsChanged) -> str:
    """Return whose rights changed to what, where and by whom."""
    who = f"{foreign(notice.name, NAME)} (id {notice.telegram_id})"
    where = f"account {foreign(notice.account)}" if notice.account else "every account"
    now = "no right any more" if notice.role is None else f"<b>{notice.role}</b>"
    return f"👤 {who}: {now} on {where}, by {foreign(notice.by, NAME)}.\n/users shows everyone."
