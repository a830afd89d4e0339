"""Policies: their schema, loading, packs, waivers, and judging by rules that are passed in."""
