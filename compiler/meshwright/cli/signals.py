"""SIGINT and SIGTERM as one exception, so that every ``finally`` runs: children die, temporary files go."""

import signal
from types import FrameType


class Interrupted(BaseException):
    """Somebody asked us to stop.  Not an ``Exception``: no handler for mistakes may swallow it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def install() -> None:
    """Turn both signals into ``Interrupted``, once; a second signal during the clean-up changes nothing."""
    signal.signal(signal.SIGINT, _raise)
    signal.signal(signal.SIGTERM, _raise)


def hold() -> None:
    """From here on both signals are ignored: what follows takes milliseconds, and half of it would be worse than all of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _raise(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Interrupted(number)
