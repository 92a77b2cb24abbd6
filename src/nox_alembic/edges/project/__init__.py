"""The project's own files: settings, revisions, the head file."""
