"""The groups of settings: names, types, bounds, defaults, and what each one means."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from trading.drawdown.dayclock import DayClock, is_zone
from trading.mail import parse_address
from trading.risk.sessions import SessionWindow, parse_window

OFFICIAL_API = "https://api.telegram.org"


def _owner_ids(value: object) -> object:
    return tuple(_owner_id(part) for part in _parts(value)) if isinstance(value, str) else value


def _parts(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split(",") if part.strip())


def _owner_id(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:20]) < 2**52:
        raise ValueError(
            f"{text[:40]!r} is no Telegram user id: write numbers with commas between, "
            "not @names (/start tells a person their id)"
        )
    return int(text)


def _token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9]+:[^\s/]+", token.get_secret_value()):
        raise ValueError("is no bot token: @BotFather gives one like 123456789:AAE…")
    return token


def _http_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be an http:// or https:// address")
    return text.rstrip("/")


def _https(address: str) -> str:
    if urlsplit(address).scheme != "https" and urlsplit(address).hostname != "127.0.0.1":
        raise ValueError("must be an https:// address")
    return address


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a time like 2014-05-02T12:25:00Z") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _windows(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(parse_window(part) for part in re.split("[,;]", value) if part.strip())


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _vault_key(key: SecretStr) -> SecretStr:
    from bot.vault import key_from_text  # noqa: PLC0415 - only who has a key loads the ciphers

    key_from_text(key.get_secret_value())
    return key


def _listed(value: object) -> object:
    return tuple(_parts(value)) if isinstance(value, str) else value


VaultKey = Annotated[SecretStr, AfterValidator(_vault_key)]
Endpoints = Annotated[tuple[str, ...], BeforeValidator(_listed)]


def _mail_from(text: str) -> str:
    name, address = parseaddr(text)
    if parse_address(address) is None or not text.isprintable() or "@" in name:
        raise ValueError("must be an address like Trade desk <desk@example.com>")
    return text


def _percents(value: object) -> object:
    """Read a comma list of percents that leave something for the last target."""
    if not isinstance(value, str):
        return value
    words = [word.strip().removesuffix("%").strip() for word in value.split(",") if word.strip()]
    if [word.lower() for word in words] == ["off"]:
        return ()
    try:
        parts = tuple(Decimal(word) for word in words)
    except InvalidOperation:
        raise ValueError("must be percents with commas between, like 50,30, or off") from None
    if not all(part.is_finite() and part > 0 for part in parts) or sum(parts) > 100:
        raise ValueError("each percent must be above 0 and their sum at most 100, like 50,30")
    return parts


MailFrom = Annotated[str, AfterValidator(_mail_from)]
OwnerIds = Annotated[tuple[int, ...], BeforeValidator(_owner_ids)]
Percents = Annotated[tuple[Decimal, ...], BeforeValidator(_percents)]
Address = Annotated[str, AfterValidator(_http_address)]
PublicAddress = Annotated[Address, AfterValidator(_https)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Token = Annotated[SecretStr, AfterValidator(_token)]
Currency = Annotated[str, BeforeValidator(_upper), Field(pattern="^[A-Z]{3,8}$")]
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)
]
Sessions = Annotated[tuple[SessionWindow, ...], BeforeValidator(_windows)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)


class TelegramSettings(_Group):
    token: Token = Field(SecretStr(""), description="bot token from @BotFather; `run` needs it")
    owner_ids: OwnerIds = Field(
        (), description="comma list of Telegram user ids with every right; `run` needs it"
    )
    api_url: Address = Field(
        OFFICIAL_API, description="base URL of the Bot API server (official, local or sandbox)"
    )
    webhook_url: Address | None = Field(
        None, description="public https address that leads to /telegram here; empty = long polling"
    )
    webhook_secret: SecretStr | None = Field(
        None, description="what Telegram must show at the webhook: 16 or more of A-Z a-z 0-9 _ -"
    )

    @model_validator(mode="after")
    def _webhook_is_secret(self) -> Self:
        held = self.webhook_secret
        if held is not None and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", held.get_secret_value()):
            raise ValueError(
                "TELEGRAM_WEBHOOK_SECRET: must be 16 to 256 characters of A-Z a-z 0-9 _ -"
            )
        if self.webhook_url is not None and held is None:
            raise ValueError("TELEGRAM_WEBHOOK_SECRET: is required with TELEGRAM_WEBHOOK_URL")
        return self


class TerminalSettings(_Group):
    kind: Annotated[Literal["simulated", "local", "remote"], BeforeValidator(_lower)] = Field(
        "simulated", description="`simulated`, `local` (Windows) or `remote` (rpyc at host:port)"
    )
    path: str | None = Field(None, description="terminal64.exe, as MetaTrader5.initialize takes it")
    login: int | None = Field(None, gt=0, description="account number")
    password: SecretStr | None = Field(None, description="password of the account")
    server: str | None = Field(None, description="broker's server name")
    host: str = Field("127.0.0.1", description="for `remote`: where the rpyc server listens")
    port: int = Field(18812, ge=1, le=65535, description="for `remote`: its port")
    allow_remote_host: bool = Field(
        False, description="let `remote` leave this machine; who reaches the port can run code"
    )
    ticks: Path | None = Field(
        None, description="for `simulated`: tick file (csv or csv.gz: time_msc,symbol,bid,ask)"
    )
    speed: Positive = Field(
        Decimal(1), description="for `simulated`: replay speed, 1 = as recorded"
    )
    balance: Positive = Field(Decimal(10000), description="for `simulated`: opening balance")
    currency: Currency = Field("USD", description="for `simulated`: account currency")
    leverage: int = Field(100, ge=1, le=10_000, description="for `simulated`: account leverage")
    start: Instant | None = Field(
        None, description="for `simulated`: where in the recording to start (ISO time, UTC)"
    )

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == "simulated" and self.ticks is not None and not self.ticks.is_file():
            raise ValueError(f"TERMINAL_TICKS: there is no file {str(self.ticks)!r}")
        if self.kind == "remote" and not self.allow_remote_host:
            from trading.terminal.remote import is_loopback  # noqa: PLC0415 - only remote needs it

            if not is_loopback(self.host):
                raise ValueError(
                    f"TERMINAL_HOST: {self.host!r} is not this machine, and who reaches an rpyc "
                    "port can run any code there: use a tunnel (ssh -L), or set "
                    "TERMINAL_ALLOW_REMOTE_HOST=true on a network you trust"
                )
        return self


class HttpSettings(_Group):
    host: str = Field("127.0.0.1", description="address for health, metrics and signals")
    port: int = Field(8080, ge=0, le=65535, description="port for health, metrics and signals")
    public_url: PublicAddress | None = Field(
        None, description="public https address that leads here; empty = mails have no links"
    )


class SignalSettings(_Group):
    secret: SecretStr | None = Field(
        None, description="HMAC key of POST /api/v1/signals; without it that route answers 404"
    )
    tradingview_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="last part of POST /api/v1/tradingview/{token}; without it the route is 404",
    )
    tradingview_lag_seconds: int = Field(
        60, ge=1, le=3600, description="a TradingView alert older than this is not taken"
    )
    ttl_seconds: int = Field(
        300, ge=1, le=604_800, description="an unanswered signal expires: expiry is no trade"
    )
    batch_size: int = Field(10, ge=1, le=1000, description="approvals executed in one pass")
    charts: bool = Field(True, description="send a picture after each card")


class LoopSettings(_Group):
    interval_seconds: Seconds = Field(1.0, description="seconds between passes of the loop")


class HeartbeatSettings(_Group):
    interval_seconds: Seconds = Field(10.0, description="seconds between beats")
    stall_seconds: Seconds = Field(60.0, description="seconds without a beat before the alarm")
    ping_url: Address | None = Field(
        None, description="dead man's switch: fetched at each healthy beat"
    )
    watchdog_seconds: Seconds = Field(
        30.0, description="seconds a blocked event loop may last before the process is ended"
    )

    @model_validator(mode="after")
    def _alarms_after_a_beat(self) -> Self:
        if self.stall_seconds <= self.interval_seconds:
            raise ValueError(
                "HEARTBEAT_STALL_SECONDS: must be more than HEARTBEAT_INTERVAL_SECONDS "
                f"({self.interval_seconds:g}), not {self.stall_seconds:g}"
            )
        return self


class DataSettings(_Group):
    backup_folder: Path | None = Field(
        None, description="nightly copies go here; empty = `backups` beside the database"
    )
    backup_hour: int = Field(3, ge=0, le=23, description="hour (UTC) of the nightly copy")
    backup_keep: int = Field(14, ge=1, le=1000, description="nightly copies kept")
    keep_days: int = Field(
        90, ge=7, le=3650, description="days that equity samples and delivered messages are kept"
    )
    reserve_mib: int = Field(
        16, ge=0, le=1024, description="disk space kept back for the guard and the alarms"
    )
    least_free_mib: int = Field(
        64, ge=1, le=100_000, description="with less free disk than this, entries are held"
    )


class GuardSettings(_Group):
    drawdown_max_percent: Decimal = Field(
        Decimal(20), ge=1, le=99, description="first cap of a new account, from entry equity"
    )
    min_equity: Positive | None = Field(
        None, description="money floor under equity, in account currency"
    )
    drawdown_bonus_is_flow: bool = Field(
        False, description="true moves the caps with a broker's bonus; false counts it as a result"
    )
    drawdown_correction_is_flow: bool = Field(
        False, description="the same for a broker's correction"
    )


def _zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError(f"{name!r} is no time zone: write `server`, `UTC` or `Europe/Prague`")
    return name


class ResultsSettings(_Group):
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        "server", description="zone of the days results are counted by; `server` = the broker's"
    )
    start: time = Field(time(0), description="time of day at which such a day begins")

    @property
    def day_clock(self) -> DayClock:
        """By which clock an account's days begin."""
        return DayClock(self.zone, self.start.replace(tzinfo=None))


class RiskSettings(_Group):
    percent: Decimal = Field(
        Decimal(1), gt=0, le=100, description="risk of an order to its stop without a volume"
    )
    max_open_positions: int = Field(5, ge=1, le=10_000, description="open positions at most")
    max_volume: Positive = Field(Decimal("1.0"), description="lots of one order at most")
    max_spread_points: int | None = Field(
        None, ge=1, description="spread at most, in points; empty = no limit"
    )
    max_deviation_points: int = Field(20, ge=0, description="slippage allowed, in points")
    max_positions_per_symbol: int | None = Field(
        None, ge=1, description="positions in one symbol at most; empty = no limit of its own"
    )
    max_positions_per_currency: int | None = Field(
        None, ge=1, description="positions that hold one currency at most; empty = no limit"
    )
    max_spread_ratio: Decimal | None = Field(
        None, ge=1, le=1000, description="spread at most, times its ten-minute median; empty = off"
    )
    max_drift_points: int | None = Field(
        None, ge=0, description="price run since the signal at most, in points; empty = only in R"
    )
    max_drift_r: Positive = Field(
        Decimal("0.5"), description="price run since the signal at most, in distances to the stop"
    )
    allow_duplicate: bool = Field(
        True, description="false refuses an entry on a side of a symbol that is held already"
    )
    allow_opposite: bool = Field(
        True, description="false refuses an entry against what is held (netting: always refused)"
    )
    max_orders: int | None = Field(
        120, ge=1, description="entries sent in the window at most, then wait; empty = no limit"
    )
    order_window_seconds: int = Field(
        60, ge=1, le=86_400, description="the window of RISK_MAX_ORDERS, in seconds"
    )
    sessions: Sessions = Field(
        (), description="entries only then, such as `Mon-Fri 08:00-17:00 Europe/London, …`"
    )
    weekend_minutes: int = Field(
        0, ge=0, le=7200, description="no entries so long before the weekend, nor in it; 0 = off"
    )
    stress_percent: Decimal = Field(
        Decimal(2), gt=0, le=100, description="price move at which what has no stop is counted"
    )


class AccountsSettings(_Group):
    key: VaultKey | None = Field(
        None,
        description="key that seals members' passwords (`python -m bot key` prints one); "
        "empty = members add no accounts",
    )
    old_key: VaultKey | None = Field(
        None, description="the key before, while `python -m bot rekey` moves to a new one"
    )
    kind: Annotated[Literal["simulated", "local", "remote"], BeforeValidator(_lower)] = Field(
        "simulated", description="terminals of members: `simulated`, `local` or `remote`"
    )
    endpoints: Endpoints = Field(
        (),
        description="comma list of the terminals members get, one account each: paths for "
        "`local`, host:port for `remote`",
    )
    per_member: int = Field(1, ge=1, le=100, description="accounts one member may add")

    @model_validator(mode="after")
    def _has_terminals(self) -> Self:
        if self.key is not None and self.kind != "simulated" and not self.endpoints:
            raise ValueError(
                f"ACCOUNTS_ENDPOINTS: name the terminals that members get: ACCOUNTS_KIND is "
                f"{self.kind}"
            )
        return self


class ManageSettings(_Group):
    ladder_percent: Percents = Field(
        (Decimal(50), Decimal(30)),
        description="percent closed at target 1, 2, …, rest at the last; `off` = all at the first",
    )
    break_even_after: int = Field(
        1, ge=0, le=10, description="stop to the entry once that target is confirmed; 0 = never"
    )
    break_even_points: int = Field(
        0, ge=0, le=100_000, description="how far beyond the entry that stop goes, in points"
    )
    trail_points: int | None = Field(
        None, ge=1, description="stop follows the price at so many points; empty = it stays"
    )
    time_limit_hours: Positive | None = Field(
        None, description="close a position after so many hours; empty = never"
    )


class PlanSettings(_Group):
    enabled: bool = Field(False, description="sell plans; off = everything is open to everyone")
    contact: str = Field("", max_length=200, description="who answers /paysupport and /terms")


class CryptoSettings(_Group):
    token: SecretStr | None = Field(
        None, description="Crypto Pay token from @CryptoBot; empty = plans are sold for stars alone"
    )
    api_url: Address = Field("https://pay.crypt.bot", description="base URL of the Crypto Pay API")


class SmtpSettings(_Group):
    host: str | None = Field(
        None, max_length=253, description="mail server; empty = the desk sends no e-mail"
    )
    port: int = Field(587, ge=1, le=65535, description="its port: 587 for starttls, 465 for tls")
    security: Annotated[Literal["starttls", "tls", "none"], BeforeValidator(_lower)] = Field(
        "starttls", description="`starttls`, `tls` from the start, or `none` (then no password)"
    )
    user: str | None = Field(None, description="the mail server's login; empty = none")
    password: SecretStr | None = Field(None, description="its password")
    sender: MailFrom | None = Field(
        None, description="what mails come from, such as Trade desk <desk@example.com>"
    )
    ca_file: Path | None = Field(
        None, description="who signs the server's certificate; empty = whom this machine trusts"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.host is None:
            return self
        if self.sender is None:
            raise ValueError("SMTP_SENDER: is required where SMTP_HOST is set")
        if self.security == "none" and self.password is not None:
            raise ValueError("SMTP_SECURITY: none would send SMTP_PASSWORD in the clear")
        if (self.user is None) != (self.password is None):
            raise ValueError("SMTP_USER: goes together with SMTP_PASSWORD")
        return self


class ApiSettings(_Group):
    enabled: bool = Field(False, description="serve GET /api/v1/… to who made a /token")
    requests_per_minute: int = Field(
        120, ge=1, le=100_000, description="what one token may ask in a minute"
    )


def _page_origin(text: str) -> str:
    from trading.terminal.remote import is_loopback  # noqa: PLC0415 - only who has pages needs it

    parts = urlsplit(_http_address(text))
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ValueError("must be a bare origin like https://desk.example.com: pages are at /app")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(
            "must be https:// (http:// only on this machine): who listens on the way could act "
            "as whoever is signed in"
        )
    host = (parts.hostname or "").encode("idna").decode()
    usual = {"http": 80, "https": 443}[parts.scheme]
    # As a browser writes it in "Origin", which forms are held to.
    where = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{where}{f':{parts.port}' if parts.port not in (None, usual) else ''}"


PageOrigin = Annotated[str, AfterValidator(_page_origin)]


class DashboardSettings(_Group):
    url: PageOrigin | None = Field(
        None,
        description="public https origin of the dashboard, such as https://desk.example.com; "
        "empty = no dashboard",
    )


class LogSettings(_Group):
    format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] | None = Field(
        None, description="`console` or `json`; empty = console on a terminal, else json"
    )
    level: LogLevel = Field("INFO", description="DEBUG, INFO, WARNING, ERROR or CRITICAL")
