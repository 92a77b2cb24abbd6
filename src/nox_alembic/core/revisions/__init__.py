"""The revision graph, its drawing, and what revision files say."""
