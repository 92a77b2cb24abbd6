"""PostgreSQL as a process of our own, as an engine."""
