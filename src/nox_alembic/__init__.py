"""Keeps a team's development database in a known good state."""

__version__ = "0.1.0"
