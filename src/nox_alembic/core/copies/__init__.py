"""What is kept for `undo`, made ahead, or saved.

These are undo entries, sibling databases, spares and snapshots.
"""
