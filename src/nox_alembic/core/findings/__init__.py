"""What `status`, `check` and `check --merge` find."""
