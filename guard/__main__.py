"""`python -m guard` is `guard`."""

from guard.cli.main import run

run()
