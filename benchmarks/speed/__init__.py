"""How fast feedrank is, against the mathematics, against peers, and as its world grows."""
