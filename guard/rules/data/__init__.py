"""Rules on data pipelines: how data is kept, laid out, read again and checked."""
