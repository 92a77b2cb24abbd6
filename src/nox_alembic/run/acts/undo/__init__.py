"""The acts that keep for `undo` and bring back: databases, folders, volumes, files."""
