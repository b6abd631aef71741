"""The read API: personal tokens at the gate, the overview's rows as JSON behind it."""
