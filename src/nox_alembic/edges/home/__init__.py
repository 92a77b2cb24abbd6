"""What we keep outside of the project: the undo log, spares, snapshots, locks and caches."""
