"""Decisions, without I/O: time and chance are arguments."""
