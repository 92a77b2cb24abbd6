"""A failed migration, explained."""
