-- Results are kept as they come, so that no answer reads history: round trips, and their sums by
-- the account's day, week, month and for all time. All of it can be made again from `deal`.

-- The day clock the sums were made by; account 0 is that of accounts without one of their own.
CREATE TABLE result_clock (
    account_id INTEGER PRIMARY KEY,
    zone TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    built_to INTEGER NOT NULL DEFAULT 0,
    built INTEGER NOT NULL DEFAULT 1 CHECK (built IN (0, 1))
) STRICT;
INSERT INTO result_clock (account_id, zone, starts_at) VALUES (0, 'server', '00:00');
INSERT INTO result_clock (account_id, zone, starts_at, built)
SELECT id, 'server', '00:00', 0 FROM account;

CREATE TABLE trade (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    position_id INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    opened_ms INTEGER,
    closed_ms INTEGER,
    volume_in TEXT NOT NULL,
    volume_out TEXT NOT NULL,
    price_in TEXT,
    price_out TEXT,
    profit TEXT NOT NULL,
    swap TEXT NOT NULL,
    commission TEXT NOT NULL,
    fee TEXT NOT NULL,
    net TEXT NOT NULL,
    -- The result in millionths, to order by: amounts themselves are text.
    net_rank INTEGER NOT NULL,
    risk TEXT,
    r TEXT,
    slippage TEXT,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    hour INTEGER,
    signal_id INTEGER REFERENCES signal (id),
    order_id INTEGER REFERENCES orders (id),
    UNIQUE (account_id, position_id, leg)
) STRICT;

CREATE INDEX trade_closed ON trade (account_id, closed_ms, id) WHERE closed_ms IS NOT NULL;
CREATE INDEX trade_ranked ON trade (account_id, net_rank) WHERE closed_ms IS NOT NULL;
CREATE INDEX trade_ranked_by_side ON trade (account_id, side, net_rank)
WHERE closed_ms IS NOT NULL;

CREATE TABLE result_booked (
    account_id INTEGER NOT NULL REFERENCES account (id),
    grain TEXT NOT NULL CHECK (grain IN ('day', 'week', 'month', 'all')),
    period TEXT NOT NULL,
    profit TEXT NOT NULL,
    swap TEXT NOT NULL,
    commission TEXT NOT NULL,
    fee TEXT NOT NULL,
    charges TEXT NOT NULL,
    flows TEXT NOT NULL,
    PRIMARY KEY (account_id, grain, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE result_tally (
    account_id INTEGER NOT NULL REFERENCES account (id),
    grain TEXT NOT NULL CHECK (grain IN ('day', 'week', 'month', 'all')),
    dimension TEXT NOT NULL CHECK (dimension IN ('side', 'symbol', 'source', 'hour', 'reason')),
    period TEXT NOT NULL,
    name TEXT NOT NULL,
    trades INTEGER NOT NULL,
    wins INTEGER NOT NULL,
    losses INTEGER NOT NULL,
    gross_profit TEXT NOT NULL,
    gross_loss TEXT NOT NULL,
    r_sum TEXT NOT NULL,
    r_trades INTEGER NOT NULL,
    held_ms INTEGER NOT NULL,
    held_trades INTEGER NOT NULL,
    PRIMARY KEY (account_id, grain, dimension, period, name)
) STRICT, WITHOUT ROWID;

-- Own equity with deposits and withdrawals taken out: an index that began at one.
CREATE TABLE growth (
    account_id INTEGER PRIMARY KEY REFERENCES account (id),
    at_ms INTEGER NOT NULL,
    value TEXT NOT NULL,
    peak TEXT NOT NULL,
    own_equity TEXT NOT NULL,
    balance TEXT NOT NULL,
    known TEXT NOT NULL,
    flows TEXT NOT NULL,
    held_since_ms INTEGER
) STRICT;

CREATE TABLE growth_span (
    account_id INTEGER NOT NULL REFERENCES account (id),
    grain TEXT NOT NULL CHECK (grain IN ('hour', 'day', 'all')),
    period TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    equity TEXT NOT NULL,
    high TEXT NOT NULL,
    low TEXT NOT NULL,
    close TEXT NOT NULL,
    fall TEXT NOT NULL,
    -- The index's highest value ever, as of the end of the span.
    peak TEXT NOT NULL,
    PRIMARY KEY (account_id, grain, period)
) STRICT, WITHOUT ROWID;
