"""The way to the mail server that the settings name."""

from typing import TYPE_CHECKING

from bot.settings import Settings
from bot.settings_groups import SmtpSettings

if TYPE_CHECKING:
    from bot.mail.smtp import Link


async def look(settings: Settings) -> tuple[bool, str] | None:
    """Connect to the mail server and log in; return how that went, None where there is none."""
    smtp = settings.smtp
    if smtp.host is None:
        return None
    problem = await link_of(smtp, smtp.host).look()
    if problem is not None:
        return False, problem.why
    return True, f"{smtp.host}:{smtp.port} lets {smtp.user or 'anybody'} in"


def link_of(smtp: SmtpSettings, host: str) -> "Link":
    """Return a connection that is not opened yet."""
    from bot.mail.smtp import Access, Link  # noqa: PLC0415 - only who sends mail loads it

    password = None if smtp.password is None else smtp.password.get_secret_value()
    ca_file = None if smtp.ca_file is None else str(smtp.ca_file)
    return Link(Access(host, smtp.port, smtp.security, smtp.user, password, ca_file))
