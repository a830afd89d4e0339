"""The rules; one file for each, in a folder for its topic."""
