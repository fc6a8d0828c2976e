"""`python -m wordvec` is the command `wordvec`."""

import sys

from wordvec.cli import main

if __name__ == "__main__":
    sys.exit(main())
