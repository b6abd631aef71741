"""From the settings to the vault of members' passwords."""

from bot.settings import Settings
from trading.enrolment import Vault


def open_vault(settings: Settings) -> Vault | None:
    """Return the vault of the configured keys, None where members add no accounts."""
    key, old = settings.accounts.key, settings.accounts.old_key
    if key is None:
        return None
    from bot.vault import AesVault, key_from_text  # noqa: PLC0415 - only who has a key loads it

    earlier = () if old is None else (key_from_text(old.get_secret_value()),)
    return AesVault(key_from_text(key.get_secret_value()), *earlier)
