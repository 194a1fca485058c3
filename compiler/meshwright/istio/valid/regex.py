"""Whether a text is a regular expression in the syntax of RE2, as Istio's webhook asks; nothing is matched here."""

import re

from meshwright.istio.valid.schema import Wrong, short

_LONGEST = 1024  # bytes
_MOST = 1000  # repetitions, also multiplied where they are nested
_DEPTH = 900
_COUNT = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}").match
_NAMED = re.compile(r"\(\?P?<([A-Za-z0-9_]+)>").match
_FLAGS = re.compile(r"\(\?([imsU]*(?:-[imsU]+)?)([:)])").match
_HEX = re.compile(r"\\x(?:[0-9A-Fa-f]{2}|\{([0-9A-Fa-f]+)\})").match
_POSIX = re.compile(r"\[:\^?(alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]").match
_UNICODE = re.compile(r"\\[pP](?:([A-Za-z])|\{\^?([A-Za-z_]+)\})").match
_CATEGORIES = frozenset((
    "Any", "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "LC", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
    "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs"))
_SCRIPTS = frozenset((
    "Arabic", "Armenian", "Bengali", "Bopomofo", "Braille", "Canadian_Aboriginal", "Cherokee", "Common", "Coptic", "Cyrillic",
    "Devanagari", "Ethiopic", "Georgian", "Gothic", "Greek", "Gujarati", "Gurmukhi", "Han", "Hangul", "Hebrew", "Hiragana",
    "Inherited", "Kannada", "Katakana", "Khmer", "Lao", "Latin", "Malayalam", "Mongolian", "Myanmar", "Ogham", "Oriya", "Runic",
    "Sinhala", "Syriac", "Tagalog", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan", "Yi"))


class _Bad(Exception):
    """Why it is none."""


def regex(text: str) -> None:
    """Raises Wrong for a text that is empty, too long, or no regular expression."""
    if not text:
        raise Wrong("must not be empty")
    pattern(text)


def pattern(text: str) -> None:
    """As ``regex``, but the empty one is fine."""
    if len(text.encode()) > _LONGEST:
        raise Wrong(f"must have at most {_LONGEST:,} bytes")
    try:
        _Reader(text).read()
    except _Bad as bad:
        raise Wrong(f"is {short(text)}, which is no regular expression of RE2: {bad}") from None


class _Reader:
    """One pass; ``open`` holds for each open group the largest nested repetition so far, whether there is something to repeat,
    and whether that is a repetition itself.  The repetitions of an atom are known when it is complete."""

    __slots__ = ("atom", "names", "open", "place", "repeated", "text", "weight", "widest")

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.names: set[str] = set()
        self.open: list[int] = []  # widest of each group around
        self.widest = 1  # the largest product of counts in this group
        self.atom = False  # something stands before that can be repeated
        self.repeated = False  # it is a repetition
        self.weight = 1  # the product of counts inside it

    def read(self) -> None:
        text, end = self.text, len(self.text)
        while self.place < end:
            character = text[self.place]
            if character == "(":
                self._group()
            elif character == ")":
                self._close()
            elif character == "|":
                self.place += 1
                self.atom = self.repeated = False
            elif character == "[":
                self._class()
                self._is_atom()
            elif character in "*+?":
                self.place += 1
                self._repeat(1)
            elif character == "{":
                self._count()
            elif character == "\\":
                self._escape()
            else:
                self.place += 1
                self._is_atom()
        if self.open:
            raise _Bad("a `(` is not closed")

    def _is_atom(self, weight: int = 1) -> None:
        self.atom, self.repeated, self.weight = True, False, weight

    def _group(self) -> None:
        if self.text.startswith("(?", self.place):
            named = _NAMED(self.text, self.place)
            flags = None if named else _FLAGS(self.text, self.place)
            if named:
                if named[1] in self.names:
                    raise _Bad(f"two groups are called `{named[1]}`")
                self.names.add(named[1])
                self.place = named.end()
            elif flags is None:
                raise _Bad("`(?` begins no group and no flags")
            else:
                self.place = flags.end()
                if flags[2] == ")":
                    self.repeated = False
                    return
        else:
            self.place += 1
        if len(self.open) >= _DEPTH:
            raise _Bad("groups are nested too deeply")
        self.open.append(self.widest)
        self.widest = 1
        self.atom = self.repeated = False

    def _close(self) -> None:
        if not self.open:
            raise _Bad("a `)` closes nothing")
        self.place += 1
        inside = self.widest
        self.widest = max(self.open.pop(), inside)
        self._is_atom(inside)

    def _repeat(self, times: int) -> None:
        if self.place < len(self.text) and self.text[self.place] == "?":
            self.place += 1
        if not self.atom:
            raise _Bad("there is nothing to repeat")
        if self.repeated:
            raise _Bad("a repetition is repeated")
        self.repeated = True
        self.weight *= max(times, 1)
        self.widest = max(self.widest, self.weight)
        if times > 1 and self.weight > _MOST:
            raise _Bad(f"repetitions come to more than {_MOST:,}")

    def _count(self) -> None:
        found = _COUNT(self.text, self.place)
        if found is None or any(len(number) > 1 and number[0] == "0" for number in (found[1], found[3])) or (found[3] and not found[2]):
            self.place += 1
            self._is_atom()
            return
        self.place = found.end()
        low = int(found[1][:5])
        high = low if not found[2] else int(found[3][:5]) if found[3] else -1
        if low > _MOST or high > _MOST or 0 <= high < low:
            raise _Bad(f"{found[0]} is no repetition")
        self._repeat(high if high >= 0 else low)

    def _escape(self) -> None:
        text, place = self.text, self.place
        following = text[place + 1 : place + 2]
        if following == "Q":
            end = text.find("\\E", place + 2)
            length = (end if end >= 0 else len(text)) - place - 2
            self.place = end + 2 if end >= 0 else len(text)
            if length:
                self._is_atom()
            else:
                self.repeated = False
        elif (following and following in "AbBz") or (following and following in "dDsSwW"):
            self.place += 2
            self._is_atom()
        elif following in ("p", "P"):
            self._unicode()
            self._is_atom()
        else:
            self._character()
            self._is_atom()

    def _unicode(self) -> None:
        found = _UNICODE(self.text, self.place)
        name = (found[1] or found[2]) if found else ""
        if found is None or (name not in _CATEGORIES and name not in _SCRIPTS):
            raise _Bad("a class `\\p` is not known")
        self.place = found.end()

    def _character(self) -> str:
        """An escape that stands for one character."""
        text, place = self.text, self.place
        following = text[place + 1 : place + 2]
        if not following:
            raise _Bad("a `\\` stands at the end")
        if following in "1234567" and not (text[place + 2 : place + 3] and text[place + 2] in "01234567"):
            raise _Bad("it refers back to a group")
        if following in "01234567":
            self.place = place + 2
            while self.place < min(place + 4, len(text)) and text[self.place] in "01234567":
                self.place += 1
            return chr(int(text[place + 1 : self.place], 8))
        if following == "x":
            found = _HEX(text, place)
            if found is None or int(found[1] or "0", 16) > 0x10FFFF:
                raise _Bad("`\\x` is no character")
            self.place = found.end()
            return chr(int(found[1] or found[0][2:], 16))
        if following in "afnrtv":
            self.place += 2
            return {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}[following]
        if following < "\x80" and not following.isalnum():
            self.place += 2
            return following
        raise _Bad(f"`\\{following}` means nothing")

    def _class(self) -> None:
        text = self.text
        self.place += 2 if text.startswith("[^", self.place) else 1
        first = True
        while True:
            character = text[self.place : self.place + 1]
            if not character:
                raise _Bad("a `[` is not closed")
            if character == "]" and not first:
                self.place += 1
                return
            first = False
            if text.startswith("[:", self.place):
                found = _POSIX(text, self.place)
                if found:
                    self.place = found.end()
                    continue
                if text.find(":]", self.place + 2) >= 0:
                    raise _Bad("a class `[:` is not known")
            if character == "\\" and text[self.place + 1 : self.place + 2] in ("p", "P"):
                self._unicode()
                continue
            if character == "\\" and text[self.place + 1 : self.place + 2] in tuple("dDsSwW"):
                self.place += 2
                continue
            low = self._member()
            if text.startswith("-", self.place) and text[self.place + 1 : self.place + 2] not in ("", "]"):
                self.place += 1
                if self._member() < low:
                    raise _Bad("a range of characters runs backwards")

    def _member(self) -> str:
        character = self.text[self.place : self.place + 1]
        if not character:
            raise _Bad("a `[` is not closed")
        if character == "\\":
            return self._character()
        self.place += 1
        return character
