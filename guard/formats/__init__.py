"""Text to Document, with exact positions; one file for each format."""
