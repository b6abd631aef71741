-- Personal tokens of the API: the hash alone, what it opens and until when.

CREATE TABLE api_token (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES member (id),
    -- The part that is shown again, by which a token is found.
    prefix TEXT NOT NULL UNIQUE,
    token_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    used_ms INTEGER,
    revoked_ms INTEGER
) STRICT;

CREATE INDEX api_token_by_member ON api_token (member_id, id);
