"""Settings: what is taken, what is refused and in which words, and that no secret is shown."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import Settings, SettingsError, load_settings, variables
from tests.support.docs import BEGIN, END, ENV_EXAMPLE, README, env_example, settings_table

TOKEN = "123456789:" + "AAE_an-invented-token-of-the-right-l"
TELEGRAM = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_OWNER_IDS": "11, 22"}


def load(env: dict[str, str], dotenv: Path | None = None, *, telegram: bool = False) -> Settings:
    return load_settings(env, dotenv, need_telegram=telegram)


def problems(env: dict[str, str], dotenv: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(env, dotenv)
    return caught.value.problems


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / ".env"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_contracts_defaults() -> None:
    settings = load({})
    assert settings.database_path == Path("data/bot.db")
    assert settings.telegram.api_url == "https://api.telegram.org"
    assert (settings.terminal.kind, settings.terminal.port) == ("simulated", 18812)
    assert (settings.terminal.balance, settings.terminal.leverage) == (Decimal(10000), 100)
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8080)
    assert (settings.signals.ttl_seconds, settings.signals.batch_size) == (300, 10)
    assert settings.signals.secret is None
    assert settings.loop.interval_seconds == 1
    assert (settings.heartbeat.interval_seconds, settings.heartbeat.stall_seconds) == (10, 60)
    assert (settings.guard.drawdown_max_percent, settings.guard.min_equity) == (Decimal(20), None)
    assert (settings.risk.percent, settings.risk.max_volume) == (Decimal(1), Decimal("1.0"))
    assert (settings.risk.max_spread_points, settings.risk.max_deviation_points) == (None, 20)
    assert (settings.log.format, settings.log.level) == (None, "INFO")


def test_each_variable_reaches_its_field() -> None:
    settings = load(
        {
            **TELEGRAM,
            "TELEGRAM_API_URL": "http://127.0.0.1:8081/",
            "DATABASE_PATH": "elsewhere/x.db",
            "TERMINAL_KIND": "Local",
            "TERMINAL_LOGIN": "5001",
            "TERMINAL_PASSWORD": " hunter2 ",
            "TERMINAL_START": "2014-05-02T14:25:00+02:00",
            "SIGNAL_SECRET": "key",
            "MIN_EQUITY": "9000.50",
            "RISK_MAX_SPREAD_POINTS": "35",
            "LOG_FORMAT": "JSON",
            "LOG_LEVEL": "debug",
        },
        telegram=True,
    )
    assert settings.telegram.token.get_secret_value() == TOKEN
    assert settings.telegram.owner_ids == (11, 22)
    assert settings.telegram.api_url == "http://127.0.0.1:8081"
    assert settings.database_path == Path("elsewhere/x.db")
    assert settings.terminal.password is not None
    assert settings.terminal.password.get_secret_value() == " hunter2 "
    assert settings.terminal.start == datetime(2014, 5, 2, 12, 25, tzinfo=UTC)
    assert settings.guard.min_equity == Decimal("9000.50")
    assert settings.risk.max_spread_points == 35
    assert (settings.log.format, settings.log.level) == ("json", "DEBUG")
    assert set(settings.secrets()) == {TOKEN, " hunter2 ", "key"}


def test_no_secret_in_a_repr() -> None:
    settings = load({**TELEGRAM, "TERMINAL_PASSWORD": "hunter22", "SIGNAL_SECRET": "key-key"})
    shown = f"{settings!r} {settings}"
    assert not any(secret in shown for secret in (TOKEN, "hunter22", "key-key"))


def test_settings_are_frozen_and_read_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PATH", "from-the-process.db")
    monkeypatch.setenv("HTTP", '{"port": 1}')
    settings = load({})
    assert settings == Settings()
    assert settings.database_path == Path("data/bot.db")
    with pytest.raises(ValidationError):
        settings.risk.percent = Decimal(50)  # type: ignore[misc]  # frozen, which is the point


def test_the_environment_wins_over_the_file_and_an_empty_value_is_the_default(
    tmp_path: Path,
) -> None:
    file = written(tmp_path, "RISK_PERCENT=2\nHTTP_PORT=9000\nSIGNAL_TTL_SECONDS=\n")
    settings = load({"HTTP_PORT": "9001", "RISK_MAX_VOLUME": "  "}, file)
    assert settings.risk.percent == 2
    assert settings.http.port == 9001
    assert settings.signals.ttl_seconds == 300
    assert settings.risk.max_volume == 1
    assert load({"RISK_PERCENT": ""}, file).risk.percent == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"# comment\n\nRISK_PERCENT=2 # two\nTERMINAL_PASSWORD='a#b $HOME'\n",
        b'\xef\xbb\xbfRISK_PERCENT="2"\r\nexport TERMINAL_PASSWORD="a#b $HOME"\r\n',
        "RISK_PERCENT = 2\r\nTERMINAL_PASSWORD=a#b $HOME\r\n".encode("utf-16"),
        b"risk_percent=2\nOTHER_PROGRAM=x\nTERMINAL_PASSWORD='a#b $HOME'",
    ],
)
def test_the_file_as_editors_write_it(tmp_path: Path, raw: bytes) -> None:
    settings = load({}, written(tmp_path, raw))
    assert settings.risk.percent == 2
    assert settings.terminal.password is not None
    assert settings.terminal.password.get_secret_value() == "a#b $HOME"


def test_a_file_that_is_no_settings_file(tmp_path: Path) -> None:
    file = written(tmp_path, "\n\nRISK_PERCENT=2\n\nTERMINAL_PASSWORD\nit's broken = \"\n")
    assert problems({}, file)[0] == ".env: line 5 is not NAME=value"
    assert problems({}, written(tmp_path, b"RISK_PERCENT=\xff\xfe\xfa")) == (
        ".env: is not UTF-8 text",
    )
    assert ".env: cannot be read" in problems({}, _folder(tmp_path / "sub" / ".env"))[0]
    assert load({}, tmp_path / "missing.env") == load({})


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("RISK_PERCNT", "RISK_PERCENT"),
        ("MIN_EQIUTY", "MIN_EQUITY"),
        ("DRAWDOWN_MAX", "DRAWDOWN_MAX_PERCENT"),
        ("DRAWDWON_MAX_PERCENT", "DRAWDOWN_MAX_PERCENT"),
        ("TELEGRAM_CHAT", ""),
        ("LOG_COLOUR", ""),
    ],
)
def test_a_typing_error_in_the_file_is_refused(tmp_path: Path, name: str, hint: str) -> None:
    (line,) = problems({}, written(tmp_path, f"{name}=5\n"))
    assert line.startswith(f"{name}: is no setting")
    assert line.endswith(f"did you mean {hint}?" if hint else "(.env)") or not hint


def test_the_environment_refuses_only_what_is_nearly_ours() -> None:
    foreign = ("TERM", "TERMINAL", "TERMINAL_EMULATOR", "TERM_PROGRAM", "HTTP_PROXY", "LOG_LEVELS")
    assert load(dict.fromkeys(foreign, "x")) == load({})
    (line,) = problems({"TELEGRAM_BOT_TOKEN": TOKEN})
    assert line.endswith("did you mean TELEGRAM_TOKEN?")
    assert TOKEN not in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_OWNER_IDS", "11,@somebody"),
        ("TELEGRAM_OWNER_IDS", "0"),
        ("TELEGRAM_OWNER_IDS", "-5"),
        ("TELEGRAM_OWNER_IDS", "9" * 40),
        ("TELEGRAM_TOKEN", "not a token"),
        ("TELEGRAM_API_URL", "ftp://example.org"),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_API_URL", "http://host:99999"),
        ("HEARTBEAT_PING_URL", "file:///etc/passwd"),
        ("DASHBOARD_URL", "http://desk.example.com"),  # in the clear to another machine
        ("DASHBOARD_URL", "https://desk.example.com/app"),
        ("DASHBOARD_URL", "https://who:ever@desk.example.com"),
        ("DASHBOARD_URL", "desk.example.com"),
        ("TERMINAL_KIND", "demo"),
        ("TERMINAL_LOGIN", "me"),
        ("TERMINAL_PORT", "0"),
        ("TERMINAL_SPEED", "0"),
        ("TERMINAL_BALANCE", "NaN"),
        ("TERMINAL_CURRENCY", "dollars!"),
        ("TERMINAL_START", "noon"),
        ("TERMINAL_TICKS", "there/is/none.csv"),
        ("TERMINAL_ALLOW_REMOTE_HOST", "perhaps"),
        ("HTTP_PORT", "65536"),
        ("SIGNAL_TTL_SECONDS", "0"),
        ("SIGNAL_BATCH_SIZE", "2.5"),
        ("LOOP_INTERVAL_SECONDS", "nan"),
        ("HEARTBEAT_STALL_SECONDS", "10"),
        ("DRAWDOWN_MAX_PERCENT", "0.99"),
        ("DRAWDOWN_MAX_PERCENT", "99.01"),
        ("DRAWDOWN_MAX_PERCENT", "NaN"),
        ("MIN_EQUITY", "-1"),
        ("RISK_PERCENT", "0"),
        ("RISK_MAX_OPEN_POSITIONS", "0"),
        ("RISK_MAX_VOLUME", "Infinity"),
        ("RISK_MAX_DEVIATION_POINTS", "-1"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_value_is_one_line_that_names_its_variable(name: str, value: str) -> None:
    (line,) = problems({name: value})
    assert line.startswith(f"{name}: ")
    assert "\n" not in line


def test_the_bounds_of_the_cap_are_allowed() -> None:
    for cap in ("1", "99"):
        assert load({"DRAWDOWN_MAX_PERCENT": cap}).guard.drawdown_max_percent == Decimal(cap)


def test_every_problem_is_told_at_once_and_what_run_needs_is_among_them() -> None:
    with pytest.raises(SettingsError) as caught:
        load({"RISK_PERCENT": "abc", "LOG_LEVEL": "loud"}, telegram=True)
    names = [line.partition(":")[0] for line in caught.value.problems]
    assert names == ["TELEGRAM_TOKEN", "TELEGRAM_OWNER_IDS", "RISK_PERCENT", "LOG_LEVEL"]


def test_no_problem_shows_a_secret() -> None:
    secrets = {"TELEGRAM_TOKEN": "12:bad token", "SIGNAL_SECRET": "s3cretkey"}
    lines = problems({**secrets, "LOG_LEVEL": "s3cretkey", "TELEGRAM_OWNER_IDS": TOKEN})
    assert len(lines) == 3
    assert not any(text in line for line in lines for text in (*secrets.values(), TOKEN, "bad tok"))


def test_a_remote_terminal_is_this_machine_unless_said_otherwise() -> None:
    remote = {"TERMINAL_KIND": "remote", "TERMINAL_HOST": "10.0.0.5"}
    assert problems(remote)[0].startswith("TERMINAL_HOST: '10.0.0.5' is not this machine")
    assert load({**remote, "TERMINAL_ALLOW_REMOTE_HOST": "true"}).terminal.host == "10.0.0.5"
    assert load({**remote, "TERMINAL_HOST": "::1"}).terminal.host == "::1"


def test_the_example_file_is_what_the_code_says() -> None:
    assert ENV_EXAMPLE.read_text(encoding="utf-8") == env_example()
    assert load({}, ENV_EXAMPLE) == load({})


def test_the_readme_table_is_what_the_code_says() -> None:
    readme = README.read_text(encoding="utf-8")
    assert readme.partition(BEGIN)[2].partition(END)[0].strip() == settings_table()


def test_every_variable_means_something() -> None:
    assert len({variable.name for variable in variables()}) == len(variables())
    assert all(variable.meaning for variable in variables())


@pytest.mark.parametrize(
    ("written_as", "origin"),
    [
        ("HTTPS://Desk.Example.com:443/", "https://desk.example.com"),
        ("https://desk.example.com:8443", "https://desk.example.com:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_dashboards_address_is_the_origin_that_browsers_name(
    written_as: str, origin: str
) -> None:
    assert load({"DASHBOARD_URL": written_as}).dashboard.url == origin
