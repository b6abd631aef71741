-- The pages: who is signed in where, one-time links into them, and the indexes of what they show.

-- A cookie's token is kept hashed; `init_hash` is the Mini App's proof that began the session,
-- which begins no second one.
CREATE TABLE web_session (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES member (id),
    token_hash TEXT NOT NULL UNIQUE,
    init_hash TEXT UNIQUE,
    device TEXT NOT NULL,
    theme TEXT NOT NULL CHECK (theme IN ('auto', 'light', 'dark')),
    created_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX web_session_by_member ON web_session (member_id);
CREATE INDEX web_session_by_end ON web_session (expires_ms);

CREATE TABLE web_link (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES member (id),
    token_hash TEXT NOT NULL UNIQUE,
    expires_ms INTEGER NOT NULL,
    used_ms INTEGER
) STRICT;

CREATE INDEX web_link_by_end ON web_link (expires_ms);

CREATE INDEX account_member_by_member ON account_member (member_id, account_id);
CREATE INDEX account_by_holder ON account (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (id) WHERE status = 'dead';
CREATE INDEX booking_by_time ON booking (at_ms);
