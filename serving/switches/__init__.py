"""Turns parts of a running process off and on again: one file that people and tools write."""
