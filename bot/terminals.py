"""From the settings to the terminal's configuration."""

from dataclasses import replace
from pathlib import Path

from bot.settings import Settings, SettingsError
from trading.enrolment import MemberTerminal
from trading.terminal.factory import TerminalConfig


def check_ticks(settings: Settings) -> None:
    """Raise ``SettingsError`` naming the first line of a recording that cannot be replayed."""
    terminal = settings.terminal
    if terminal.kind != "simulated" or terminal.ticks is None:
        return
    from trading.terminal.simulated.config import SetupError  # noqa: PLC0415 - memory: only here
    from trading.terminal.simulated.feed import TickFile  # noqa: PLC0415

    try:
        TickFile(terminal.ticks).check()
    except SetupError as error:
        raise SettingsError((f"TERMINAL_TICKS: {error}",)) from error


def terminal_config(
    settings: Settings, database: Path, *, persistent: bool = True
) -> TerminalConfig:
    """Return the configured terminal; a simulated account lives beside the database."""
    terminal = settings.terminal
    extra = {} if terminal.start is None else {"SIMULATED_START": terminal.start.isoformat()}
    if terminal.kind == "simulated":
        extra |= {
            name: value
            for name, value in (
                ("TERMINAL_LOGIN", None if terminal.login is None else str(terminal.login)),
                ("TERMINAL_SERVER", terminal.server),
            )
            if value is not None
        }
    return TerminalConfig(
        kind=terminal.kind,
        path=terminal.path,
        login=terminal.login,
        password=None if terminal.password is None else terminal.password.get_secret_value(),
        server=terminal.server,
        host=terminal.host,
        port=terminal.port,
        allow_any_host=terminal.allow_remote_host,
        ticks=None if terminal.ticks is None else str(terminal.ticks),
        speed=terminal.speed,
        balance=terminal.balance,
        currency=terminal.currency,
        leverage=terminal.leverage,
        account_file=str(database.with_suffix(".simulated")) if persistent else None,
        extra=extra,
    )


def member_terminal_config(
    settings: Settings, row: MemberTerminal, password: str
) -> TerminalConfig:
    """Return the configuration of a member's terminal; nothing of the desk's own login is in it."""
    own = terminal_config(settings, settings.database_path)
    config = replace(
        own, kind=row.kind, path=None, login=row.login, password=password, server=row.server
    )
    match row.kind:
        case "local":
            return replace(config, path=row.endpoint, account_file=None)
        case "remote":
            host, _, port = row.endpoint.rpartition(":")
            return replace(config, host=host, port=int(port), account_file=None)
        case _:
            file = settings.database_path.with_suffix(f".member-{row.id}.simulated")
            extra = {
                **own.extra,
                "TERMINAL_LOGIN": str(row.login),
                "TERMINAL_SERVER": row.server,
            }
            return replace(config, account_file=str(file), extra=extra)
