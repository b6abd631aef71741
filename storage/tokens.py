"""Personal tokens of the API on disk: found by their prefix, kept as a hash."""

import sqlite3
from datetime import datetime

from storage import rows
from storage.audit import audit
from trading.clock import from_ms, to_ms
from trading.ids import MemberId
from trading.model import Role
from trading.tokens import MOST_TOKENS, ApiToken, Holder, Scope, TokenId

_LIVE = "revoked_ms IS NULL AND expires_ms > ?"


def make(
    connection: sqlite3.Connection,
    member_id: MemberId,
    prefix: str,
    token_hash: str,
    scopes: frozenset[Scope],
    expires_at: datetime,
    now: datetime,
) -> ApiToken | None:
    """Keep a token; None where the member has as many as one may."""
    if len(tokens(connection, member_id, now)) >= MOST_TOKENS:
        return None
    row = connection.execute(
        "INSERT INTO api_token (member_id, prefix, token_hash, scopes, created_ms, expires_ms)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
        (
            member_id,
            prefix,
            token_hash,
            " ".join(sorted(scopes)),
            to_ms(now),
            to_ms(expires_at),
        ),
    ).fetchone()
    words = f"{prefix}: {row['scopes']} until {expires_at:%Y-%m-%d}"
    audit(connection, now, "token_made", words, member=member_id)
    return _token(row)


def tokens(connection: sqlite3.Connection, member_id: MemberId, now: datetime) -> list[ApiToken]:
    """Return a member's live tokens, newest first."""
    found = connection.execute(
        f"SELECT * FROM api_token WHERE member_id = ? AND {_LIVE} ORDER BY id DESC",  # noqa: S608 - our own words
        (member_id, to_ms(now)),
    )
    return [_token(row) for row in found]


def revoke(connection: sqlite3.Connection, member_id: MemberId, prefix: str, now: datetime) -> int:
    """End a member's token, or all of them where the prefix is empty; return how many."""
    ended = connection.execute(
        "UPDATE api_token SET revoked_ms = ? WHERE member_id = ? AND revoked_ms IS NULL"
        " AND (? = '' OR prefix = ?) RETURNING prefix",
        (to_ms(now), member_id, prefix, prefix),
    ).fetchall()
    for row in ended:
        audit(connection, now, "token_ended", row["prefix"], member=member_id)
    return len(ended)


def holder(connection: sqlite3.Connection, prefix: str, now: datetime) -> Holder | None:
    """Return whose live token has that prefix."""
    row = connection.execute(
        f"SELECT * FROM api_token WHERE prefix = ? AND {_LIVE}",  # noqa: S608 - our own words
        (prefix, to_ms(now)),
    ).fetchone()
    if row is None:
        return None
    person = connection.execute(
        "SELECT * FROM member WHERE id = ? AND revoked_ms IS NULL", (row["member_id"],)
    ).fetchone()
    if person is None:
        return None
    owns_desk = person["everywhere"] == Role.OWNER
    return Holder(_token(row), row["token_hash"], rows.member(person), owns_desk)


def used(connection: sqlite3.Connection, token_id: TokenId, now: datetime) -> None:
    """Note that a token was used."""
    connection.execute("UPDATE api_token SET used_ms = ? WHERE id = ?", (to_ms(now), token_id))


def _token(row: sqlite3.Row) -> ApiToken:
    return ApiToken(
        TokenId(row["id"]),
        row["prefix"],
        frozenset(Scope(one) for one in row["scopes"].split()),
        from_ms(row["created_ms"]),
        from_ms(row["expires_ms"]),
        rows.instant(row["used_ms"]),
    )
