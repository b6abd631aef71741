-- How each person reads and what may sound when; alarms that ring until somebody has seen them.

ALTER TABLE member ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE member ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE member ADD COLUMN speaks TEXT NOT NULL DEFAULT '';
ALTER TABLE member ADD COLUMN numbers TEXT NOT NULL DEFAULT 'point'
CHECK (numbers IN ('point', 'comma', 'space'));
ALTER TABLE member ADD COLUMN keyboard INTEGER NOT NULL DEFAULT 1 CHECK (keyboard IN (0, 1));
ALTER TABLE member ADD COLUMN quiet_from INTEGER;
ALTER TABLE member ADD COLUMN quiet_until INTEGER;
ALTER TABLE member ADD COLUMN quiet_digest INTEGER NOT NULL DEFAULT 0
CHECK (quiet_digest IN (0, 1));
ALTER TABLE member ADD COLUMN muted_until_ms INTEGER;

CREATE TABLE member_alert (
    member_id INTEGER NOT NULL REFERENCES member (id),
    event TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('silent', 'off')),
    until_ms INTEGER,
    PRIMARY KEY (member_id, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE alarm (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,
    next_ms INTEGER NOT NULL,
    rings INTEGER NOT NULL DEFAULT 0,
    acked_ms INTEGER,
    acked_by INTEGER REFERENCES member (id),
    ended_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX alarm_open ON alarm (key) WHERE ended_ms IS NULL;
CREATE INDEX alarm_by_key ON alarm (key, acked_ms);
CREATE INDEX alarm_due ON alarm (next_ms) WHERE ended_ms IS NULL;

ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN fold_key TEXT;
ALTER TABLE outbox ADD COLUMN repeats INTEGER NOT NULL DEFAULT 1;
ALTER TABLE outbox ADD COLUMN first_ms INTEGER;
ALTER TABLE outbox ADD COLUMN last_ms INTEGER;
ALTER TABLE outbox ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1));
ALTER TABLE outbox ADD COLUMN alarm_id INTEGER REFERENCES alarm (id);
UPDATE outbox SET kind = coalesce(json_extract(body_json, '$.kind'), '');

CREATE INDEX outbox_by_fold ON outbox (chat_id, fold_key) WHERE fold_key IS NOT NULL;
CREATE INDEX outbox_by_alarm ON outbox (alarm_id) WHERE alarm_id IS NOT NULL;
CREATE INDEX outbox_held ON outbox (chat_id) WHERE held = 1;
