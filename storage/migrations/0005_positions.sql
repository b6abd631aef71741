-- A position the desk keeps rules for, and what it was when it was first seen.
CREATE TABLE managed (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    position_id INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    price_open TEXT NOT NULL,
    volume TEXT NOT NULL,
    stop_loss TEXT,
    source TEXT NOT NULL,
    signal_id INTEGER REFERENCES signal (id),
    rules_json TEXT NOT NULL,
    done_json TEXT NOT NULL DEFAULT '[]',
    opened_ms INTEGER NOT NULL,
    closed_ms INTEGER,
    result TEXT,
    UNIQUE (account_id, position_id)
) STRICT;

CREATE INDEX managed_open ON managed (account_id, id) WHERE closed_ms IS NULL;
CREATE INDEX managed_by_source ON managed (account_id, source, id) WHERE closed_ms IS NOT NULL;
CREATE INDEX managed_by_signal ON managed (signal_id) WHERE signal_id IS NOT NULL;

CREATE INDEX orders_by_ticket ON orders (account_id, ticket) WHERE ticket IS NOT NULL;

-- What a person or a rule wants done at the broker: a row before it is an order.
CREATE TABLE wish (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    confirm_id INTEGER REFERENCES confirmation (id),
    member_id INTEGER REFERENCES member (id),
    managed_id INTEGER REFERENCES managed (id),
    cause TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('close', 'protect', 'cancel')),
    target INTEGER NOT NULL,
    ask_json TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'sent', 'done', 'failed', 'dropped')),
    attempts INTEGER NOT NULL DEFAULT 0,
    order_id INTEGER UNIQUE REFERENCES orders (id),
    detail TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL,
    finished_ms INTEGER
) STRICT;

CREATE INDEX wish_waiting ON wish (account_id, id) WHERE status = 'waiting';
CREATE INDEX wish_by_confirm ON wish (confirm_id, id) WHERE confirm_id IS NOT NULL;
CREATE INDEX wish_by_target ON wish (account_id, target, id);
