"""Open positions: what people wish of them, and the rules the loop keeps for them."""
