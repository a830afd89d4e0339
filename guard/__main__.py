"""`python -m guard` is `guard`."""

import sys

from guard.cli.main import main

sys.exit(main())
