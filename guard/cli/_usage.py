"""The error of a command line that asks for what cannot be; apart, because the edge needs it before anything else."""


class UsageError(Exception):
    """The command line asks for something that cannot be; the message says what to write instead."""
