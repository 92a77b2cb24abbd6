"""Docker Compose as an engine."""
