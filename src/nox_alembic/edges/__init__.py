"""Effects: each module touches one outside thing, and none of them knows another, but for `probe` and `process`."""
