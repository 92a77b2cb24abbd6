"""Looks at the world and changes nothing."""
