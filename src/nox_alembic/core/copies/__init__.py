"""What is kept for `undo`, made ahead, or saved: entries, siblings, spares, snapshots."""
