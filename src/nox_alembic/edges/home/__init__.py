"""What we keep outside of the project: undo log, spares, snapshots, locks, caches."""
