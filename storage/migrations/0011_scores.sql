-- What a source says came of its signals, to set against what did.
CREATE TABLE claim (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source (id),
    ref TEXT NOT NULL,
    signal_id INTEGER NOT NULL REFERENCES signal (id),
    target INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (source_id, ref)
) STRICT;

ALTER TABLE paper ADD COLUMN hits INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN mode_ms INTEGER NOT NULL DEFAULT 0;
