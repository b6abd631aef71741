-- Where signals come from, every message read from there, and what became of it.

CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    mode TEXT NOT NULL CHECK (mode IN ('off', 'shadow', 'ask', 'auto')),
    settings_json TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE source_message (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source (id),
    ref TEXT NOT NULL,
    text TEXT NOT NULL,
    reply_ref TEXT,
    outcome TEXT NOT NULL DEFAULT 'new',
    detail TEXT NOT NULL DEFAULT '',
    edits INTEGER NOT NULL DEFAULT 0,
    sent_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    edited_ms INTEGER,
    UNIQUE (source_id, ref)
) STRICT;

CREATE INDEX source_message_by_time ON source_message (source_id, received_ms);

ALTER TABLE signal ADD COLUMN text TEXT NOT NULL DEFAULT '';
ALTER TABLE signal ADD COLUMN spans_json TEXT NOT NULL DEFAULT '{}';
-- What it asks for, whoever sent it: the same in two rooms is one signal.
ALTER TABLE signal ADD COLUMN content TEXT NOT NULL DEFAULT '';
ALTER TABLE signal ADD COLUMN mode TEXT NOT NULL DEFAULT 'ask';
ALTER TABLE signal ADD COLUMN sent_ms INTEGER;

CREATE INDEX signal_by_content ON signal (content, created_ms) WHERE content <> '';
CREATE INDEX signal_by_source ON signal (source, created_ms);

-- A message that is not taken as it stands: a person takes it, mends it or drops it.
CREATE TABLE held (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source (id),
    ref TEXT NOT NULL,
    text TEXT NOT NULL,
    why TEXT NOT NULL,
    sketch_json TEXT NOT NULL,
    incomplete INTEGER NOT NULL CHECK (incomplete IN (0, 1)),
    stops_json TEXT NOT NULL DEFAULT '[]',
    status TEXT NOT NULL CHECK (status IN ('open', 'taken', 'dropped', 'expired', 'completed')),
    asked TEXT NOT NULL DEFAULT '',
    corrected INTEGER NOT NULL DEFAULT 0 CHECK (corrected IN (0, 1)),
    member_id INTEGER REFERENCES member (id),
    signal_id INTEGER REFERENCES signal (id),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    UNIQUE (source_id, ref)
) STRICT;

CREATE INDEX held_open ON held (expires_ms) WHERE status = 'open';

-- What a person says a message means: a test of the parser for that source.
CREATE TABLE parse_case (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source (id),
    text TEXT NOT NULL,
    why TEXT NOT NULL,
    expected_json TEXT NOT NULL,
    member_id INTEGER NOT NULL REFERENCES member (id),
    created_ms INTEGER NOT NULL,
    UNIQUE (source_id, text)
) STRICT;

-- A signal of a shadow source, traded on paper from the quotes the desk sees anyway.
CREATE TABLE paper (
    id INTEGER PRIMARY KEY,
    signal_id INTEGER NOT NULL UNIQUE REFERENCES signal (id),
    status TEXT NOT NULL CHECK (status IN ('waiting', 'open', 'closed', 'missed')),
    opened_price TEXT,
    opened_ms INTEGER,
    closed_price TEXT,
    closed_ms INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    r TEXT
) STRICT;

CREATE INDEX paper_working ON paper (id) WHERE status IN ('waiting', 'open');
