-- An update to signals that are out: asked about with buttons, or carried out at once.
CREATE TABLE amendment (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source (id),
    ref TEXT NOT NULL,
    text TEXT NOT NULL,
    update_json TEXT NOT NULL,
    options_json TEXT NOT NULL,
    accounts_json TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'done', 'dropped', 'expired')),
    member_id INTEGER REFERENCES member (id),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    UNIQUE (source_id, ref)
) STRICT;

CREATE INDEX amendment_open ON amendment (expires_ms) WHERE status = 'open';

