"""``python -m meshwright`` and the console script."""

import atexit
import os
import sys


def main() -> int:
    """Run the command line; the exit code is design's table: 0 clean, 1 wrong, 2 could not look, 3 remote, 130/143 interrupted."""
    from meshwright.cli import main as run

    code = run(sys.argv[1:])
    if sys.getprofile() is None and sys.gettrace() is None:  # those who measure us write their report when Python ends
        _leave(code)
    return code


def _leave(code: int) -> None:
    """End the process at once: to free every object one by one, as Python does, takes a tenth of a check."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # Python's own end knows what to say
    atexit._run_exitfuncs()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
