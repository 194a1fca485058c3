"""Whether a text is an expression in the Common Expression Language: its grammar, not its types; nothing is evaluated."""

import re

from meshwright.istio.valid.schema import Wrong, short

_ESCAPES = re.compile(r"\\(?:[abfnrtv\\?\"'`]|[xX][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-3][0-7]{2}|(.|$))", re.DOTALL)
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n\f]+|//[^\n]*)"
    r"|(?P<raw>[bB]?[rR][bB]?(?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|\"[^\"\r\n]*\"|'[^'\r\n]*'))"
    r"|(?P<string>[bB]?(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|\"(?:[^\\\"\r\n]|\\.)*\"|'(?:[^\\'\r\n]|\\.)*'))"
    r"|(?P<number>0x[0-9A-Fa-f]+[uU]?|[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[uU]?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>\|\||&&|[=!<>]=|[-+*/%!<>?:.,()\[\]{}])")
_RESERVED = frozenset(("as", "break", "const", "continue", "else", "for", "function", "if", "import", "in", "let", "loop", "package",
                       "namespace", "return", "var", "void", "while"))
_CONSTANTS = frozenset(("true", "false", "null"))
_LEVELS = (frozenset(("||",)), frozenset(("&&",)), frozenset(("<", "<=", ">", ">=", "==", "!=", "in")), frozenset(("+", "-")),
           frozenset(("*", "/", "%")))
_MACROS = {"all": (2,), "exists": (2,), "exists_one": (2,), "existsOne": (2,), "map": (2, 3), "filter": (2,)}
_DEPTH = 60
_LONGEST = 20_000


class _Bad(Exception):
    """Where it stops to be an expression."""


def expression(text: str) -> None:
    """Raises Wrong for a text that is no expression; very long and deep ones too."""
    try:
        if len(text) > _LONGEST:
            raise _Bad("it is too long")
        parser = _Parser(_tokens(text))
        parser.ternary(0)
        if parser.place < len(parser.tokens):
            raise _Bad(f"`{parser.tokens[parser.place][1]}` comes too much")
    except _Bad as bad:
        raise Wrong(f"is {short(text)}, which is no expression in CEL: {bad}") from None


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _Bad(f"`{text[place]}` begins nothing")
        kind, word = match.lastgroup or "", match[0]
        if kind == "string" and any(escape[1] is not None for escape in _ESCAPES.finditer(word)):
            raise _Bad("a text has a `\\` that means nothing")
        if kind == "number" and not re.fullmatch(r".*[.eE].*", word[2:] if word.startswith("0x") else word):
            value = int(word.rstrip("uU"), 16 if word.startswith("0x") else 10) if len(word) < 40 else 2**64
            negative = found[-1:] == [("sign", "-")]
            if value >= (2**64 if word[-1] in "uU" else 2**63 + negative):
                raise _Bad(f"{word} is too large")
        if kind != "space":
            found.append((kind, word))
        place = match.end()
    return found


class _Parser:
    __slots__ = ("place", "tokens")

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0

    def _next(self) -> str:
        """The next sign or name, "" at the end and for texts and numbers."""
        if self.place >= len(self.tokens):
            return ""
        kind, word = self.tokens[self.place]
        return word if kind in ("sign", "name") else ""

    def _take(self, *words: str) -> bool:
        if self._next() in words and self._next():
            self.place += 1
            return True
        return False

    def _want(self, word: str) -> None:
        if not self._take(word):
            raise _Bad(f"a `{word}` is missing")

    def _name(self) -> str:
        if self.place >= len(self.tokens) or self.tokens[self.place][0] != "name":
            raise _Bad("a name is missing")
        self.place += 1
        return self.tokens[self.place - 1][1]

    def ternary(self, depth: int) -> bool:
        """True when it was a plain name."""
        if depth > _DEPTH:
            raise _Bad("it is nested too deeply")
        plain = self._level(0, depth)
        if self._take("?"):
            plain = False
            self._level(0, depth)
            self._want(":")
            self.ternary(depth + 1)
        return plain

    def _level(self, level: int, depth: int) -> bool:
        if level == len(_LEVELS):
            return self._unary(depth)
        plain = self._level(level + 1, depth)
        while self._take(*_LEVELS[level]):
            plain = False
            self._level(level + 1, depth)
        return plain

    def _unary(self, depth: int) -> bool:
        sign = self._next()
        plain = True
        while sign in ("!", "-") and self._take(sign):
            plain = False
        return self._member(depth) and plain

    def _member(self, depth: int) -> bool:
        plain = self._primary(depth)
        while True:
            if self._take("."):
                name = self._name()
                if name in _CONSTANTS or name == "in":
                    raise _Bad(f"`{name}` is no name of a field")
                if self._take("("):
                    first, count, _ = self._arguments(depth)
                    if count in _MACROS.get(name, ()) and not first:
                        raise _Bad(f"`{name}` needs the name of a variable")
            elif self._take("["):
                self.ternary(depth + 1)
                self._want("]")
            else:
                return plain
            plain = False

    def _arguments(self, depth: int) -> tuple[bool, int, bool]:
        """Whether the first is a plain name, how many there are, whether the last one ends with a field."""
        first, count, selected = False, 0, False
        if not self._take(")"):
            while True:
                plain = self.ternary(depth + 1)
                selected = self.place > 1 and self.tokens[self.place - 1][0] == "name" and self.tokens[self.place - 2][1] == "."
                first = plain if not count else first
                count += 1
                if not self._take(","):
                    break
            self._want(")")
        return first, count, selected

    def _primary(self, depth: int) -> bool:
        if self._take("("):
            plain = self.ternary(depth + 1)
            self._want(")")
            return plain
        if self._take("["):
            self._listed("]", depth, pairs=False)
            return False
        if self._take("{"):
            self._listed("}", depth, pairs=True)
            return False
        if self.place < len(self.tokens) and self.tokens[self.place][0] in ("raw", "string", "number"):
            self.place += 1
            return False
        self._take(".")
        name = self._name()
        if name in _CONSTANTS:
            return False
        if name in _RESERVED:
            raise _Bad(f"`{name}` is reserved")
        if self._take("("):
            _, count, selected = self._arguments(depth)
            if name == "has" and count == 1 and not selected:
                raise _Bad("`has` needs a field")
            return False
        return self._message(depth)

    def _message(self, depth: int) -> bool:
        """What follows a name may make it the type of a message: `a.b{c: 1}`; True when it is a plain name."""
        start = self.place
        while self._take("."):
            if self.place >= len(self.tokens) or self.tokens[self.place][0] != "name":
                break
            self.place += 1
        if not self._take("{"):
            self.place = start
            return True
        while not self._take("}"):
            self._name()
            self._want(":")
            self.ternary(depth + 1)
            if not self._take(","):
                self._want("}")
                break
        return False

    def _listed(self, close: str, depth: int, pairs: bool) -> None:
        empty = True
        while not self._take(close):
            if empty and self._take(","):
                self._want(close)
                return
            empty = False
            self.ternary(depth + 1)
            if pairs:
                self._want(":")
                self.ternary(depth + 1)
            if not self._take(","):
                self._want(close)
                return
