-- E-mail: where a person wants what of it, and every mail from its fact to its end.

CREATE TABLE member_email (
    member_id INTEGER PRIMARY KEY REFERENCES member (id),
    -- The confirmed address; NULL: none. A refused one is kept as what it was refused for.
    address TEXT,
    refused TEXT NOT NULL DEFAULT '',
    confirmed_ms INTEGER,
    critical INTEGER NOT NULL DEFAULT 1 CHECK (critical IN (0, 1)),
    report INTEGER NOT NULL DEFAULT 1 CHECK (report IN (0, 1)),
    receipt INTEGER NOT NULL DEFAULT 1 CHECK (receipt IN (0, 1)),
    -- What signs this address's unsubscribe links; another address has another key.
    link_key TEXT NOT NULL DEFAULT '',
    -- The address that waits for its code, and the seed of that code: the code is kept nowhere.
    asked_address TEXT,
    asked_seed TEXT,
    asked_until_ms INTEGER,
    tries_left INTEGER NOT NULL DEFAULT 0,
    -- Whether the desk sends mail at all: kept here so that the fact's transaction knows.
    served INTEGER NOT NULL DEFAULT 1 CHECK (served IN (0, 1))
) STRICT;

CREATE TABLE mail (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES member (id),
    address TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('code', 'critical', 'report', 'receipt')),
    body_json TEXT NOT NULL,
    -- Half of its Message-ID, minted once: every attempt is the same mail.
    message_key TEXT NOT NULL UNIQUE,
    -- What it tells of; the end of the same thing answers the first mail about it.
    thread TEXT,
    ends INTEGER NOT NULL DEFAULT 0 CHECK (ends IN (0, 1)),
    answers TEXT,
    status TEXT NOT NULL DEFAULT 'ready' CHECK (status IN ('ready', 'sending', 'sent', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL DEFAULT 0,
    expires_ms INTEGER NOT NULL,
    error TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL,
    sent_ms INTEGER
) STRICT;

CREATE INDEX mail_due ON mail (not_before_ms, id) WHERE status = 'ready';
CREATE INDEX mail_sending ON mail (id) WHERE status = 'sending';
CREATE INDEX mail_by_thread ON mail (member_id, thread, id) WHERE thread IS NOT NULL;
CREATE INDEX mail_codes ON mail (member_id, created_ms) WHERE kind = 'code';
