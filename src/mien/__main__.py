"""The command ``mien``, also as ``python -m mien``. It checks the working folder before any library is imported."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs the command line, if there is a folder to run it in.

    Where the working folder was deleted, each library that looks for a file fails in a way of its own: Python 3.13.0
    cannot even import NumPy. So this comes first, and ends with the code of a user's mistake.
    """
    try:
        os.getcwd()
    except FileNotFoundError:
        sys.stderr.write("mien: the folder that you are in was deleted; go to another one and try again\n")
        sys.exit(2)
    from mien.cli import main as run

    run()


if __name__ == "__main__":
    main()
