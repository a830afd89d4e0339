"""Rules on where data and compute are."""
