"""Rules on interruptible capacity."""
