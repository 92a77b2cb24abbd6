"""A survey service to which respondents donate their data from online platforms."""
