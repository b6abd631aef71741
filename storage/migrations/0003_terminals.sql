-- Terminals that members added by chat. The password is sealed outside the database's reach and
-- leaves with the terminal; the row stays, so that history keeps its account.

ALTER TABLE account ADD COLUMN member_id INTEGER REFERENCES member (id);

CREATE TABLE terminal (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES member (id),
    account_id INTEGER REFERENCES account (id),
    kind TEXT NOT NULL CHECK (kind IN ('simulated', 'local', 'remote')),
    endpoint TEXT NOT NULL,
    login INTEGER NOT NULL,
    server TEXT NOT NULL,
    sealed BLOB,
    state TEXT NOT NULL CHECK (state IN ('checking', 'active', 'refused', 'removed')),
    detail TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    CHECK ((sealed IS NULL) = (state = 'removed'))
) STRICT;

CREATE UNIQUE INDEX terminal_one_per_endpoint ON terminal (endpoint) WHERE state <> 'removed';
CREATE UNIQUE INDEX terminal_one_per_login ON terminal (login, server) WHERE state <> 'removed';
CREATE INDEX terminal_by_member ON terminal (member_id);

-- A question whose answer is the member's next message: it is deleted from the chat once read.
CREATE TABLE private_form (
    member_id INTEGER PRIMARY KEY REFERENCES member (id),
    what TEXT NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;
