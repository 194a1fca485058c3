"""``python -m meshwright`` and the console script."""

import sys


def main() -> int:
    """Run the command line; the exit code is design's table: 0 clean, 1 wrong, 2 could not look, 3 remote, 130/143 interrupted."""
    from meshwright.cli import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
