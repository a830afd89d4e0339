"""Programs for those who work on guard; none is needed to use it."""
