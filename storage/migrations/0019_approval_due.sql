-- What is approved is sent in the order of the decisions: the first ten, however many wait.
CREATE INDEX approval_due ON approval (account_id, decided_ms, id) WHERE status = 'approved';
