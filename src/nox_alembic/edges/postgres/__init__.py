"""The server and its databases, over SQL."""
