"""The vocabulary: every type that crosses a package border. Standard library only."""
