"""One verb from end to end: opened, looked at, run step by step."""
