"""Every setting of the program: one flat variable each, read once into frozen groups.

``Settings`` never looks at the process by itself: ``load_settings`` is given the environment,
and nothing else in the tree reads it.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.environment import read_dotenv, unknown_in_environment, unknown_in_file
from bot.redaction import Redactor
from bot.settings_groups import (
    AccountsSettings,
    ApiSettings,
    CryptoSettings,
    DashboardSettings,
    DataSettings,
    GuardSettings,
    HeartbeatSettings,
    HttpSettings,
    LogSettings,
    LoopSettings,
    ManageSettings,
    PlanSettings,
    ResultsSettings,
    RiskSettings,
    SignalSettings,
    SmtpSettings,
    TelegramSettings,
    TerminalSettings,
)

_PREFIXES = {
    "telegram": "TELEGRAM_",
    "database_path": "",
    "database_url": "",
    "terminal": "TERMINAL_",
    "http": "HTTP_",
    "signals": "SIGNAL_",
    "loop": "LOOP_",
    "heartbeat": "HEARTBEAT_",
    "data": "DATA_",
    "guard": "",
    "results": "RESULTS_DAY_",
    "risk": "RISK_",
    "accounts": "ACCOUNTS_",
    "manage": "MANAGE_",
    "plans": "PLANS_",
    "crypto": "CRYPTO_",
    "smtp": "SMTP_",
    "api": "API_",
    "dashboard": "DASHBOARD_",
    "log": "LOG_",
}
"""What stands before a group's field names in its variables."""

_REQUIRED = {
    "TELEGRAM_TOKEN": "is required: @BotFather gives one",
    "TELEGRAM_OWNER_IDS": "is required: the Telegram user ids of the owners, with commas between",
}


class SettingsError(Exception):
    """The settings cannot be used; ``problems`` has one line for each reason."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """The whole configuration, checked and frozen."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    telegram: TelegramSettings = TelegramSettings()
    database_path: Path = Field(Path("data/bot.db"), description="SQLite file; its folder is made")
    database_url: SecretStr | None = Field(
        None, description="`postgresql://…`: the store is there, not in a file; a second bot waits"
    )
    terminal: TerminalSettings = TerminalSettings()
    http: HttpSettings = HttpSettings()
    signals: SignalSettings = SignalSettings()
    loop: LoopSettings = LoopSettings()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    data: DataSettings = DataSettings()
    guard: GuardSettings = GuardSettings()
    results: ResultsSettings = ResultsSettings()
    risk: RiskSettings = RiskSettings()
    accounts: AccountsSettings = AccountsSettings()
    manage: ManageSettings = ManageSettings()
    plans: PlanSettings = PlanSettings()
    crypto: CryptoSettings = CryptoSettings()
    smtp: SmtpSettings = SmtpSettings()
    api: ApiSettings = ApiSettings()
    dashboard: DashboardSettings = DashboardSettings()
    log: LogSettings = LogSettings()

    @field_validator("database_url")
    @classmethod
    def _leads_to_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the constructor is given and nothing else."""
        return (init_settings,)

    def secrets(self) -> tuple[str, ...]:
        """Return every secret text, for the log's redaction."""
        held = (
            self.telegram.token,
            self.telegram.webhook_secret,
            self.terminal.password,
            self.signals.secret,
            self.signals.tradingview_token,
            self.accounts.key,
            self.accounts.old_key,
            self.crypto.token,
            self.database_url,
            self.smtp.password,
        )
        texts = [secret.get_secret_value() for secret in held if secret]
        if self.heartbeat.ping_url:
            texts.append(self.heartbeat.ping_url)  # who knows it can keep the alarm silent
        if self.database_url and (password := _password(self.database_url)):
            texts.append(password)
        return tuple(texts)


def _password(url: SecretStr) -> str | None:
    """Return the password inside an address, as it is and not as an address spells it."""
    with contextlib.suppress(ValueError):
        return unquote(urlsplit(url.get_secret_value()).password or "") or None
    return None


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting as people write it."""

    name: str
    default: str
    """As it would be written; empty when there is none."""
    meaning: str
    group: str
    field: str
    is_secret: bool


def variables() -> tuple[Variable, ...]:
    """Return every variable, in the order of the groups."""
    return tuple(
        variable
        for group, info in Settings.model_fields.items()
        for variable in _variables_of(group, info)
    )


def _variables_of(group: str, info: FieldInfo) -> list[Variable]:
    if isinstance(info.default, BaseModel):
        fields = type(info.default).model_fields
        return [_variable(group, name, field) for name, field in fields.items()]
    return [_variable(group, group, info)]


def _variable(group: str, name: str, info: FieldInfo) -> Variable:
    types = {info.annotation, *get_args(info.annotation)}
    return Variable(
        name=f"{_PREFIXES[group]}{name}".upper(),
        default=_written(info.default),
        meaning=info.description or "",
        group=group,
        field=name,
        is_secret=SecretStr in types,
    )


def _written(default: object) -> str:
    match default:
        case None | () | SecretStr():
            return ""
        case tuple():
            return ",".join(str(one) for one in default)
        case bool():
            return str(default).lower()
        case float():
            return f"{default:g}"
        case Path():
            return default.as_posix()
        case _:
            return str(default)


def load_settings(env: Mapping[str, str], dotenv: Path | None, *, need_telegram: bool) -> Settings:
    """Return the settings of an environment over a ``.env`` file; an empty value is the default.

    Raises ``SettingsError`` with a line for each problem, none of which shows a secret.
    """
    known = {variable.name: variable for variable in variables()}
    filed, problems = read_dotenv(dotenv) if dotenv else ({}, [])
    problems += unknown_in_file(filed, known, dotenv.name if dotenv else "")
    problems += unknown_in_environment(env, known)
    merged = filed | {name: value for name, value in env.items() if name in known}
    given = {
        name: value if known[name].is_secret and name != "TELEGRAM_TOKEN" else value.strip()
        for name, value in merged.items()
        if name in known and value.strip()
    }
    if need_telegram:
        problems += [f"{name}: {why}" for name, why in _REQUIRED.items() if name not in given]
    try:
        settings = Settings.model_validate(_nested(given, known))
    except ValidationError as error:
        problems += [_problem(detail, given) for detail in error.errors(include_url=False)]
        settings = None
    if settings is None or problems:
        redact = Redactor(value for name, value in given.items() if known[name].is_secret)
        raise SettingsError(tuple(redact(" ".join(line.split())) for line in problems))
    return settings


def _nested(given: Mapping[str, str], known: Mapping[str, Variable]) -> dict[str, object]:
    tree: dict[str, object] = {}
    for name, text in given.items():
        variable = known[name]
        if variable.group == variable.field:
            tree[variable.field] = text
            continue
        group = tree.setdefault(variable.group, {})
        if isinstance(group, dict):
            group[variable.field] = text
    return tree


def _problem(detail: ErrorDetails, given: Mapping[str, str]) -> str:
    """Say what is wrong with which variable, and show the value unless it may hold a secret."""
    group, *rest = (str(part) for part in detail["loc"])
    why = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    names = [f"{_PREFIXES[group]}{field}".upper() for field in (rest or [group])]
    name = next((name for name in names if name in given), None)
    if name is None:
        return why
    if detail["type"] == "value_error":
        return f"{name}: {why}"
    return f"{name}: {why}, not {given[name][:40]!r}"
