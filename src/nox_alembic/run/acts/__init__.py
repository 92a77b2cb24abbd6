"""The acts, one for each family of steps; `run.wiring` gives them the real edges."""
