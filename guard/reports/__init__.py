"""Report to text; one file for each format."""
