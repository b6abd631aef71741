-- Work that goes on after its command was answered: an end is missing only while it runs, so a
-- start knows what a stop cut short.
CREATE TABLE long_work (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES member (id),
    chat_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    outcome TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX long_work_running ON long_work (id) WHERE ended_ms IS NULL;

-- When a person wants which report; `next_ms` is the slot that comes next.
CREATE TABLE report_plan (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    member_id INTEGER NOT NULL REFERENCES member (id),
    grain TEXT NOT NULL CHECK (grain IN ('day', 'week', 'month')),
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    starts_at TEXT NOT NULL,
    zone TEXT NOT NULL,
    next_ms INTEGER NOT NULL,
    UNIQUE (account_id, member_id, grain)
) STRICT;

CREATE INDEX report_plan_due ON report_plan (next_ms);

-- Counts what was booked for an account: an answer worked out before the last count is stale.
ALTER TABLE result_clock ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

-- The best and the worst closed trade of each trading day, by side; made anew like the sums.
CREATE TABLE result_extreme (
    account_id INTEGER NOT NULL REFERENCES account (id),
    day TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    best_rank INTEGER NOT NULL,
    best_id INTEGER NOT NULL,
    worst_rank INTEGER NOT NULL,
    worst_id INTEGER NOT NULL,
    PRIMARY KEY (account_id, day, side)
) STRICT, WITHOUT ROWID;

UPDATE result_clock SET built = 0, built_to = 0 WHERE account_id > 0;

-- The latest signals of one account among many.
CREATE INDEX approval_by_account ON approval (account_id, id);
