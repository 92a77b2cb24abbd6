"""What a step takes that is more than one call of one edge: the runner hands it over to these."""
