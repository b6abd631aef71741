-- Whose signal it is: one that a person typed, pasted or forwarded is put only to accounts where
-- that person may trade; NULL is a source's own, which goes to every account that follows it.
ALTER TABLE signal ADD COLUMN by_member INTEGER REFERENCES member (id);
-- The one account it was meant for, where its sender named one.
ALTER TABLE signal ADD COLUMN for_account INTEGER REFERENCES account (id);
ALTER TABLE held ADD COLUMN by_member INTEGER REFERENCES member (id);

-- What an account's owner or trader chose of a source; no row is as the desk offers it.
CREATE TABLE account_source (
    account_id INTEGER NOT NULL REFERENCES account (id),
    source_id INTEGER NOT NULL REFERENCES source (id),
    level TEXT NOT NULL CHECK (level IN ('off', 'ask', 'auto')),
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, source_id)
) STRICT, WITHOUT ROWID;

-- The risk in percent of an order whose signal names no size; NULL is the desk's.
ALTER TABLE account ADD COLUMN risk_percent TEXT;
