-- Plans: what was asked, what was booked, what could not be matched. A member's plan is what
-- their bookings add up to; nothing else stores it.

CREATE TABLE invoice (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES member (id),
    provider TEXT NOT NULL CHECK (provider IN ('stars', 'crypto')),
    plan TEXT NOT NULL,
    days INTEGER NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'paid', 'expired', 'underpaid', 'refunded')),
    external_id TEXT,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    looked_ms INTEGER,
    over INTEGER NOT NULL DEFAULT 0 CHECK (over IN (0, 1)),
    UNIQUE (provider, external_id)
) STRICT;

CREATE INDEX invoice_unsettled ON invoice (looked_ms, id)
WHERE provider = 'crypto' AND over = 0 AND external_id IS NOT NULL;
CREATE INDEX invoice_by_member ON invoice (member_id, id);
CREATE INDEX invoice_open ON invoice (expires_ms) WHERE status = 'open';

CREATE TABLE booking (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES member (id),
    invoice_id INTEGER REFERENCES invoice (id),
    provider TEXT NOT NULL CHECK (provider IN ('stars', 'crypto', 'grant', 'trial', 'promo')),
    external_id TEXT NOT NULL,
    plan TEXT NOT NULL,
    days INTEGER NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    given_by INTEGER REFERENCES member (id),
    at_ms INTEGER NOT NULL,
    refund_asked_ms INTEGER,
    refunded_ms INTEGER,
    UNIQUE (provider, external_id)
) STRICT;

CREATE INDEX booking_by_member ON booking (member_id, at_ms);
CREATE INDEX booking_refund_due ON booking (id)
WHERE refund_asked_ms IS NOT NULL AND refunded_ms IS NULL;

CREATE TABLE unmatched_payment (
    id INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    external_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    payer INTEGER,
    why TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (provider, external_id)
) STRICT;

CREATE TABLE promo (
    code TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    days INTEGER NOT NULL,
    uses_left INTEGER NOT NULL CHECK (uses_left >= 0),
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
