-- A latch may leave positions alone; what the checks saw is kept for /why; pauses on closed
-- results; questions about a balance that no deal explains; which flows the caps have taken.

ALTER TABLE breach ADD COLUMN closes INTEGER NOT NULL DEFAULT 1 CHECK (closes IN (0, 1));
ALTER TABLE breach ADD COLUMN pendings_open INTEGER NOT NULL DEFAULT 0;

ALTER TABLE approval ADD COLUMN checks_json TEXT;
ALTER TABLE orders ADD COLUMN checks_json TEXT;

ALTER TABLE deal ADD COLUMN flow_ms INTEGER;
UPDATE deal SET flow_ms = at_ms;
CREATE INDEX deal_flow_waiting ON deal (account_id)
WHERE flow_ms IS NULL AND deal_type NOT IN ('buy', 'sell');

CREATE TABLE protection (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL CHECK (kind IN ('streak', 'lookback')),
    body_json TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    told_ms INTEGER,
    forgiven_ms INTEGER,
    set_by TEXT NOT NULL,
    set_ms INTEGER NOT NULL,
    ended_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX protection_one_of_a_kind ON protection (account_id, kind) WHERE active = 1;

CREATE TABLE balance_question (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    amount TEXT NOT NULL,
    asked_ms INTEGER NOT NULL,
    answer TEXT CHECK (answer IN ('flow', 'result')),
    answered_ms INTEGER,
    answered_by TEXT,
    settled_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX balance_question_open ON balance_question (account_id)
WHERE settled_ms IS NULL;
