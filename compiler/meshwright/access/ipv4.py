"""IPv4 addresses and blocks in their plain spelling, without loading `ipaddress`; that one reads whatever this one does not."""


def ipv4(text: str) -> int | None:
    """The address `a.b.c.d` as a number; None for every other text, numbers with leading zeros included."""
    number = 0
    parts = text.split(".")
    if len(parts) != 4:
        return None
    for part in parts:
        if not part.isascii() or not part.isdecimal() or len(part) > 3 or (part[0] == "0" and part != "0") or int(part) > 255:
            return None
        number = number << 8 | int(part)
    return number


def ipv4_block(text: str) -> tuple[int, int] | None:
    """First and last address of `a.b.c.d/n`, bits behind the prefix ignored; None for every other text."""
    address, slash, prefix = text.partition("/")
    number = ipv4(address)
    if number is None or not slash or prefix not in _PREFIXES:
        return None
    rest = (1 << 32 - int(prefix)) - 1
    return number & ~rest, number | rest


def dotted(number: int) -> str:
    """The spelling of an address that is given as a number below 2**32."""
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


_PREFIXES = frozenset(map(str, range(33)))
