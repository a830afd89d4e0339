"""Conditions in CEL, the Common Expression Language, over what is known of a resource; the unknown is never guessed."""
