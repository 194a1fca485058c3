"""Random texts of the language: walks over the parse tables, every one of which parses, in random layout."""

from collections.abc import Callable
from random import Random

from meshwright.parse.driver import Machine
from meshwright.parse.lexemes import CONTINUATIONS, candidates, cut
from meshwright.parse.plan import Plans

WORDS = {
    "NAME": ("web", "orders", "a", "route", "when", "in", "any", "shop-2", "to", "port", "x_y", "none"),
    "FULL": ("shop/web", "a/b.c", "3scale/api"), "DOTTED": ("customers.scope", "cluster.local"), "PARAM": ("$api", "$ns/web"),
    "METHOD": ("GET", "POST", "M-SEARCH"), "CODE": ("MW0512",), "ENFORCEMENT": ("yes", "no", "observe"), "INT": ("80", "8080", "1"),
    "VERSION": ("1.30",), "PERCENT": ("10%", "0.5%"), "DURATION": ("3s", "1m30s"), "SIZE": ("10mib",), "STATUS": ("5xx",),
    "DATE": ("2027-03-31",), "CIDR": ("10.0.0.0/16", "fd00::/8", "dead:beef::/32"),
    "STRING": ('"/a/{id}/**"', '"web"', '"Web # { ; \\" \\\\"', '"any"', '"shop.example.com"', '""', '"' + "long " * 24 + '"'),
}
ENDINGS = ("$END", "}", "_NL", ";", "NAME", "STRING", "INT")


def random_text(random: Random, size: int) -> str:
    """At least ``size`` tokens, if the walk does not end before, and then as few as possible."""
    machine = Machine(cut("walk.mesh", ""), None, Plans({}))
    parts: list[str] = [_blank(random, newline=True)] if random.random() < 0.3 else []
    before = ""
    for count in range(size + 400):
        choices = sorted(terminal for terminal in machine.row if terminal[0] != "<" and terminal != "ERROR" and machine.accepts(terminal))
        ending = count >= size
        terminal = next((word for word in ENDINGS if word in choices), "") if ending else ""
        if not terminal:
            plain = [word for word in choices if word not in (",", "$END", "until", "when", "because")]
            terminal = random.choice(plain if ending and plain else choices)
        if terminal == "$END":
            break
        if terminal == "_NL":
            text = _newline(random)
        else:
            text = random.choice(WORDS.get(terminal, (terminal,)))
            terminal = next((word for word in candidates(text) if word in machine.row and machine.accepts(word)), "")
            if not terminal:
                continue
        apart = "_NL" in machine.row and text not in CONTINUATIONS
        if text[0] != "\n":
            gap = _blank(random, newline=not apart)
            if not gap and before and not _may_touch(before, text):
                gap = " "
            parts.append(gap)
        assert machine.push(terminal, 0)
        parts.append(text)
        before = text
    return "".join(parts) + random.choice(("", "", " ", " # the end"))


def _newline(random: Random) -> str:
    return random.choice(("", " ", "  # why")) + random.choice(("\n", "\n", "\n\n", "\n\n\n# note\n", "\r\n", "\n  # one\n\n  # two\n"))


def _blank(random: Random, newline: bool) -> str:
    return random.choice(("", " ", " ", " ", "  ", "\t", *(("\n", "\n  ", " # c\n", "\n# d\n\n", "\r\n") if newline and random.random() < 0.3 else ())))


def _may_touch(left: str, right: str) -> bool:
    marks: Callable[[str], bool] = lambda text: text in ("{", "}", ",", ";", "=", ":", "->")  # noqa: E731
    return (marks(left) or marks(right)) and ":" not in left + right
