"""What an unquoted word of YAML means, and where readers disagree.

PyYAML reads YAML 1.1, kubectl a mixture of 1.1 and 1.2, other tools 1.2.  A word they read differently becomes an
``Ambiguous``: harmless in a ConfigMap, an error wherever Meshwright needs the value.
"""

import re


class Ambiguous(str):
    """A word as written that some readers take for a boolean, a number, a date; never equal in type to a ``str`` read from quotes."""

    __slots__ = ()


_FIXED: dict[str, object] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
# compiled when the first word needs them
_INTEGER = r"0|-?[1-9][0-9]{0,17}"
_DECIMAL = r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}"
_TRAP = r"""(?isx)y|n|yes|no|on|off            # booleans of YAML 1.1, any case
    | [-+]?\.(?:inf|nan) | nan | inf
    | [-+]?0[xob]?[0-9a-f_]+         # octal, hexadecimal, binary, leading zeros
    | [-+]?[0-9][0-9_,]*(?::[0-9_.]+)*   # signs, separators, base 60
    | [-+]?(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:e[-+]?[0-9]+)?
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[t\ \t].*)?
    | = | <<
    """
_LONG_NUMBER = r"(?i)[-+.0-9][-+.0-9a-fxo_,:]*"


def resolve(word: str) -> object:
    """None, True, False, an int, a float, a ``str``; or ``Ambiguous``."""
    if word in _FIXED:
        return _FIXED[word]
    if re.fullmatch(_INTEGER, word):
        return int(word)
    if re.fullmatch(_DECIMAL, word):
        return float(word)
    if len(word) > 100:  # one linear look: no reader takes something this long for anything but a number
        return Ambiguous(word) if re.fullmatch(_LONG_NUMBER, word) else word
    return Ambiguous(word) if re.fullmatch(_TRAP, word) else word
