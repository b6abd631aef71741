-- How an approver changed what a card proposes, and what the market did while it waits.
ALTER TABLE approval ADD COLUMN terms_json TEXT NOT NULL DEFAULT '{}';
ALTER TABLE approval ADD COLUMN live_json TEXT;
