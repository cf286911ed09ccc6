"""`python -m mrc`: the same as `mrc`."""

from mrc.cli.main import main

main()
