-- What became of the acts of one update, for its card.
CREATE INDEX wish_by_cause ON wish (cause);
