"""Projects of other shapes than this one, each adopted without a line of configuration."""
