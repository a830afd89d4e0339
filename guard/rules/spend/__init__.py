"""Rules on what it all costs."""
