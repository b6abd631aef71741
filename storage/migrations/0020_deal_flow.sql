-- Money paid in and out is found without the day's trades.
CREATE INDEX deal_flow ON deal (account_id, at_ms)
WHERE deal_type NOT IN ('buy', 'sell');
