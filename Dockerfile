# The desk for Linux: the terminal lives elsewhere (TERMINAL_KIND=remote, see docs/operations.md).
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md ./
COPY bot bot
COPY handlers handlers
COPY storage storage
COPY trading trading
# Every package by the hashes of the lock; the tools of the lock's tests are left behind.
RUN python -m venv /desk \
    && /desk/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /desk/bin/pip uninstall --yes hypothesis import-linter mypy pytest pytest-asyncio \
        pytest-cov pytest-timeout pytest-xdist ruff \
    && /desk/bin/pip install --no-cache-dir --no-deps .

FROM python:3.12-slim
# A user of its own, no shell, no home; it may write to /data and nowhere else.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin desk \
    && install --directory --owner=desk --group=desk --mode=0700 /data
COPY --from=build /desk /desk
USER 10001
WORKDIR /data
ENV PATH=/desk/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_PATH=/data/bot.db \
    HTTP_HOST=0.0.0.0 \
    LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
# Alive, not ready: a terminal that is away must not have the desk restarted.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/health/live', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
