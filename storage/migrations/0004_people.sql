-- Who may do what, and the proof of every change to it.

ALTER TABLE member ADD COLUMN everywhere TEXT CHECK (everywhere IN ('owner', 'trader', 'viewer'));
ALTER TABLE member ADD COLUMN by_settings INTEGER NOT NULL DEFAULT 0 CHECK (by_settings IN (0, 1));
ALTER TABLE member ADD COLUMN revoked_ms INTEGER;
UPDATE member SET everywhere = role;

-- An approval of more risk than this percent needs two people; NULL: one is enough.
ALTER TABLE account ADD COLUMN second_above TEXT;

-- The first of two approvals; it counts while that person may still approve.
CREATE TABLE approval_vote (
    approval_id INTEGER NOT NULL REFERENCES approval (id),
    member_id INTEGER NOT NULL REFERENCES member (id),
    decision TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (approval_id, member_id)
) STRICT, WITHOUT ROWID;

-- A link that lets one person in, once; the link itself is never stored.
CREATE TABLE invite (
    id INTEGER PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'trader', 'viewer')),
    account_id INTEGER REFERENCES account (id),
    made_by INTEGER NOT NULL REFERENCES member (id),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    used_ms INTEGER,
    used_by INTEGER REFERENCES member (id)
) STRICT;

-- Every audit row is sealed over its content and the seal of the row before.
ALTER TABLE audit ADD COLUMN previous TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN seal TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_by_account ON audit (account_id, id);

CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    since_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    seal TEXT NOT NULL
) STRICT;

INSERT INTO audit_head (one, since_id, last_id, seal)
SELECT 1, coalesce(max(id), 0), coalesce(max(id), 0),
    '0000000000000000000000000000000000000000000000000000000000000000'
FROM audit;

CREATE TRIGGER audit_never_changed BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER audit_never_removed BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'audit rows are never removed'); END;
