"""Which files, and their text: a directory, a commit in git's object store, or stdin."""
