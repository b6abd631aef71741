-- Instants are integer milliseconds since the epoch, amounts are decimals as text,
-- enumerations are stored by value and fenced by CHECK.

CREATE TABLE member (
    id INTEGER PRIMARY KEY,
    telegram_id INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'trader', 'viewer')),
    reachable INTEGER NOT NULL DEFAULT 1 CHECK (reachable IN (0, 1)),
    created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    login INTEGER NOT NULL,
    server TEXT NOT NULL,
    currency TEXT NOT NULL,
    margin_mode TEXT NOT NULL CHECK (margin_mode IN ('netting', 'exchange', 'hedging')),
    trading_state TEXT NOT NULL CHECK (trading_state IN ('active', 'paused', 'halted')),
    state_reason TEXT NOT NULL DEFAULT '',
    entry_equity TEXT,
    flatten_asked_ms INTEGER,
    deals_seen_ms INTEGER NOT NULL,
    signals_total INTEGER NOT NULL DEFAULT 0,
    trades_total INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    UNIQUE (login, server)
) STRICT;

CREATE TABLE account_member (
    account_id INTEGER NOT NULL REFERENCES account (id),
    member_id INTEGER NOT NULL REFERENCES member (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'trader', 'viewer')),
    PRIMARY KEY (account_id, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE account_symbol (
    account_id INTEGER NOT NULL REFERENCES account (id),
    symbol TEXT NOT NULL,
    broker_symbol TEXT NOT NULL,
    PRIMARY KEY (account_id, symbol)
) STRICT, WITHOUT ROWID;

CREATE TABLE signal (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    source_ref TEXT NOT NULL,
    digest TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    order_type TEXT NOT NULL CHECK (order_type IN ('market', 'limit', 'stop', 'stop_limit')),
    draft_json TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    UNIQUE (source, source_ref)
) STRICT;

CREATE TABLE approval (
    id INTEGER PRIMARY KEY,
    signal_id INTEGER NOT NULL REFERENCES signal (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    status TEXT NOT NULL CHECK (
        status IN ('offered', 'approved', 'rejected', 'expired', 'canceled', 'ordered')
    ),
    proposal_json TEXT,
    member_id INTEGER REFERENCES member (id),
    decided_ms INTEGER,
    detail TEXT NOT NULL DEFAULT '',
    expires_ms INTEGER NOT NULL,
    UNIQUE (signal_id, account_id)
) STRICT;

CREATE INDEX approval_waiting ON approval (account_id, id)
WHERE status IN ('offered', 'approved');

CREATE TABLE cap (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,
    body_json TEXT NOT NULL,
    state_json TEXT,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    set_by TEXT NOT NULL,
    set_ms INTEGER NOT NULL,
    ended_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX cap_one_of_a_kind ON cap (account_id, kind) WHERE active = 1;

CREATE TABLE breach (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    cap_id INTEGER REFERENCES cap (id),
    cause TEXT NOT NULL CHECK (cause IN ('cap', 'panic')),
    asked_by TEXT NOT NULL,
    cap_text TEXT NOT NULL,
    cap_percent TEXT,
    scope TEXT NOT NULL CHECK (scope IN ('own', 'all')),
    positions_json TEXT NOT NULL,
    open_json TEXT NOT NULL,
    pendings_removed INTEGER NOT NULL DEFAULT 0,
    equity_after TEXT,
    equity TEXT NOT NULL,
    floor TEXT,
    drawdown TEXT,
    at_ms INTEGER NOT NULL,
    flat_ms INTEGER,
    escalated_ms INTEGER,
    recovered_ms INTEGER,
    resumed_ms INTEGER,
    resumed_by TEXT
) STRICT;

CREATE INDEX breach_open ON breach (account_id) WHERE resumed_ms IS NULL;

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    approval_id INTEGER UNIQUE REFERENCES approval (id),
    breach_id INTEGER REFERENCES breach (id),
    client_order_id INTEGER NOT NULL UNIQUE,
    purpose TEXT NOT NULL CHECK (purpose IN ('entry', 'close', 'cancel', 'protect')),
    symbol TEXT NOT NULL,
    target INTEGER,
    request_json TEXT NOT NULL,
    facts_json TEXT NOT NULL DEFAULT '{}',
    expected_price TEXT,
    status TEXT NOT NULL CHECK (
        status IN (
            'denied', 'submitted', 'accepted', 'partially_filled', 'filled', 'rejected',
            'canceled', 'expired'
        )
    ),
    unresolved_ms INTEGER,
    looks INTEGER NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT '',
    retcode INTEGER,
    ticket INTEGER,
    position_id INTEGER,
    filled_volume TEXT NOT NULL DEFAULT '0',
    average_price TEXT,
    created_ms INTEGER NOT NULL,
    submitted_ms INTEGER,
    finished_ms INTEGER,
    CHECK (purpose <> 'entry' OR approval_id IS NOT NULL)
) STRICT;

CREATE INDEX orders_open ON orders (account_id, id)
WHERE status IN ('submitted', 'accepted', 'partially_filled');
-- One working intent a target: a position cannot be asked to close twice at once.
CREATE UNIQUE INDEX orders_one_per_target ON orders (account_id, purpose, target)
WHERE target IS NOT NULL AND status = 'submitted';
CREATE INDEX orders_by_position ON orders (account_id, position_id)
WHERE position_id IS NOT NULL;

CREATE TABLE order_event (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    at_ms INTEGER NOT NULL,
    from_status TEXT,
    to_status TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX order_event_by_order ON order_event (order_id, id);

CREATE TABLE deal (
    account_id INTEGER NOT NULL REFERENCES account (id),
    ticket INTEGER NOT NULL,
    order_id INTEGER REFERENCES orders (id),
    order_ticket INTEGER NOT NULL,
    position_id INTEGER NOT NULL,
    deal_type TEXT NOT NULL,
    entry TEXT NOT NULL CHECK (entry IN ('in', 'out', 'inout', 'out_by')),
    symbol TEXT NOT NULL,
    volume TEXT NOT NULL,
    price TEXT NOT NULL,
    profit TEXT NOT NULL,
    swap TEXT NOT NULL,
    commission TEXT NOT NULL,
    fee TEXT NOT NULL,
    reason TEXT NOT NULL,
    magic INTEGER NOT NULL,
    comment TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, ticket)
) STRICT, WITHOUT ROWID;

CREATE INDEX deal_by_time ON deal (account_id, at_ms);
CREATE INDEX deal_by_position ON deal (account_id, position_id);

CREATE TABLE equity (
    account_id INTEGER NOT NULL REFERENCES account (id),
    at_ms INTEGER NOT NULL,
    balance TEXT NOT NULL,
    equity TEXT NOT NULL,
    credit TEXT NOT NULL,
    margin TEXT NOT NULL,
    PRIMARY KEY (account_id, at_ms)
) STRICT, WITHOUT ROWID;

-- A row is a message, not an act of sending: `body_json` is what the chat should show, and
-- `revision` against `sent_revision` says whether it does. A change before it was sent takes
-- its place; ten changes while Telegram was away are one edit.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    chat_id INTEGER NOT NULL,
    topic TEXT,
    priority INTEGER NOT NULL,
    silent INTEGER NOT NULL DEFAULT 0 CHECK (silent IN (0, 1)),
    body_json TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    sent_revision INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL CHECK (status IN ('ready', 'sending', 'sent', 'dead', 'expired')),
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL DEFAULT 0,
    expires_ms INTEGER,
    message_id INTEGER,
    error TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL,
    sent_ms INTEGER,
    UNIQUE (topic, chat_id)
) STRICT;

CREATE INDEX outbox_waiting ON outbox (priority, id) WHERE status = 'ready';
CREATE INDEX outbox_in_flight ON outbox (id) WHERE status = 'sending';

CREATE TABLE confirmation (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES member (id),
    account_id INTEGER REFERENCES account (id),
    action TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    used_ms INTEGER
) STRICT;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    member_id INTEGER REFERENCES member (id),
    account_id INTEGER REFERENCES account (id),
    action TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT ''
) STRICT;
