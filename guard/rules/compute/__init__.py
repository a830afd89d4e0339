"""Rules on machines and accelerators."""
