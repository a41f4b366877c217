"""Measures how fresh a running system is, by doing what viewers do and looking for the effect."""
