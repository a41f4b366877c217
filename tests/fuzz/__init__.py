"""Inputs that nobody would send, until something breaks: see `docs/changing.md`."""
