"""Whom to compare, what the comparison is worth, and which pairs and cases come of it."""
