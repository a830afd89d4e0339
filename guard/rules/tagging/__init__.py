"""Rules on tags and labels."""
