"""The price book and what fills it; one file for each source of prices."""
