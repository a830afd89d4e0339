"""Resource and price book to estimate."""
