"""The project as its Compose file has it."""
