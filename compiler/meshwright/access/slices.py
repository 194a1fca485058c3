"""A first look at two expressions, caller by caller: says "inside" of nearly all that people write, else "no idea".

An expression is cut by the principals that it names, and what is left of it for one caller is brought to one form, a number.
Nothing is known of what a pattern covers but that equal ones cover the same, so "inside" is right whatever they mean.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from meshwright.access.expr import Dimension, Expr, Pattern
from meshwright.access.request import cidr_range, port_number, template_segments
from meshwright.access.universe import TooMany

Rename = Callable[[Pattern], Pattern]

# A form is a number, and its negative the complement of it.  Above 1: one pattern, or an intersection of other forms.
Form = int
ALL: Form = 1
NONE: Form = -1
# What is left for each principal named, "" for requests without identity, and what is left for everybody else.
Slice = tuple[dict[str, Form], Form]
MOST_STEPS = 20_000


class Slices:
    """Forms of many expressions.  ``rename`` says which patterns over principal mean the same to the asker."""

    def __init__(self, rename: Rename | None = None) -> None:
        self._rename = rename
        self._callers: dict[Pattern, Slice] = {}  # patterns over principal
        self._exact: dict[Pattern, str] = {}  # those that one principal matches
        self._named: dict[int, str | None] = {}  # by id of a match in _known: the only principal that it matches
        self._atoms: dict[Dimension, dict[Pattern, Form]] = defaultdict(dict)
        self._parts: list[frozenset[Form] | None] = [None, None]  # by form: None for a pattern
        self._joined: dict[frozenset[Form], Form] = {}
        self._written: dict[tuple[Form, ...], Form] = {}
        self._known: dict[int, tuple[Expr, Slice]] = {}  # by id of an expression that is kept alive here
        self._doors: dict[int, Form] = {}  # by id of an expression that speaks of no callers
        self._alive: list[Expr] = []  # those of _doors
        self._left = 0

    def inside(self, left: Expr, right: Expr) -> bool:
        """Whether every request in ``left`` is in ``right``; False means only that this look does not show it."""
        self._left = MOST_STEPS
        try:
            if left.op == "not" and self._fenced(left.args[0], right):
                return True
            mine, theirs = self._kept(left), self._kept(right)
            if mine == theirs:
                return True
            (some, others), (more, rest) = mine, theirs
            for caller, form in some.items():
                other = more.get(caller, rest)
                if form != other and not self._within(form, other):
                    return False
            if others == NONE:
                return True
            return self._within(others, rest) and all(self._within(others, form) for caller, form in more.items() if caller not in some)
        except (TooMany, ValueError, RecursionError):
            return False

    def _fenced(self, refused: Expr, right: Expr) -> bool:
        """Whether something in a union refuses all but callers that are in ``right`` with every request."""
        for arg in refused.args if refused.op == "or" else ():
            if arg.op == "not":
                some, others = self._kept(arg.args[0])
                if others == NONE and self._kept(right) == (some, others):
                    return True
        return False

    def _kept(self, expr: Expr) -> Slice:
        known = self._known.get(id(expr))
        if known is None:
            known = self._known[id(expr)] = expr, self._slice(expr)
        return known[1]

    def _slice(self, expr: Expr) -> Slice:
        op = expr.op
        if op == "and":
            return self._except(expr.args) or self._join(expr.args, 1)
        if op == "or":
            return self._list(expr.args) or self._join(expr.args, -1)
        if op == "match":
            return self._match(expr)
        if op == "not":
            some, others = self._kept(expr.args[0])  # what is refused occurs in several questions
            return {caller: -form for caller, form in some.items()}, -others
        return {}, ALL if op == "true" else NONE

    def _match(self, expr: Expr) -> Slice:
        dimension, pattern = expr.dimension, expr.pattern
        if dimension != "principal" or pattern is None:
            return {}, self._atom(dimension, pattern)
        found = self._callers.get(pattern)
        if found is None:
            one = pattern if self._rename is None else self._rename(pattern)
            if one.kind == "exact":
                self._exact[pattern] = one.text
                found = {one.text: ALL}, NONE
            elif one.kind == "present":
                found = {"": NONE}, ALL
            else:
                found = {}, self._atom(dimension, one)
            self._callers[pattern] = found
        return found

    def _atom(self, dimension: Dimension | None, pattern: Pattern | None) -> Form:
        if dimension is None or pattern is None:
            raise ValueError("a match needs a dimension and a pattern")
        form = self._atoms[dimension].get(pattern)
        if form is None:
            if pattern.kind in _READ:
                _READ[pattern.kind](pattern.text)  # one that cannot be read has no meaning: others say so
            form = self._atoms[dimension][pattern] = len(self._parts)
            self._parts.append(None)
        return form

    def _list(self, args: tuple[Expr, ...]) -> Slice | None:
        """A union of different callers, each with one door or with every one, as people write them; None for any other."""
        named, doors = self._named, self._doors
        if args and args[0][0] == "match":  # a list of callers; most of them have been asked about before
            names = list(map(named.get, map(id, args)))
            if None not in names:
                return dict.fromkeys(names, ALL), NONE  # type: ignore[arg-type]  # None was just excluded
        found: dict[str, Form] = {}
        form: Form | None
        for arg in args:
            op, _, _, parts = arg
            if op == "and":
                who = parts[0]
                caller = named.get(id(who)) or self._name(who)
                if caller is None:
                    return None
                form = doors.get(id(parts[1])) if len(parts) == 2 else None
                if form is None:
                    form = self._door(parts)
                    if form is None:
                        return None
            elif op == "match":
                caller = named.get(id(arg)) or self._name(arg)
                form = ALL
            else:
                return None
            if caller is None or caller in found:
                return None
            if form != NONE:
                found[caller] = form
        return found, NONE

    def _except(self, args: tuple[Expr, ...]) -> Slice | None:
        """Callers that are listed, but for what a union refuses, part after part; None for any other intersection."""
        if len(args) != 2:
            return None
        one, other = args
        if one.op == "or" and other.op == "not":
            one, other = other, one
        if one.op != "not" or other.op != "or":
            return None
        some, others = self._kept(other)
        if others != NONE:
            return None
        refused = one.args[0]
        left = dict(some)
        for arg in refused.args if refused.op == "or" else (refused,):
            caller = self._name(arg.args[0]) if arg.op == "and" else None
            door = None if caller is None else self._door(arg.args)
            if caller is not None and door is not None:
                if caller in left:
                    self._take(left, caller, -door)
                continue
            but, rest = self._kept(arg.args[0] if arg.op == "not" else arg)
            sign = 1 if arg.op == "not" else -1  # what it leaves of each caller
            self._pay(len(left))
            for caller in list(left):
                form = sign * but.get(caller, rest)
                if form != ALL:
                    self._take(left, caller, form)
        return left, NONE

    def _take(self, left: dict[str, Form], caller: str, form: Form) -> None:
        """Leave a caller only what is in ``form`` too."""
        together = form if left[caller] == ALL else self._all([left[caller], form])
        if together == NONE:
            del left[caller]
        else:
            left[caller] = together

    def _name(self, expr: Expr) -> str | None:
        """The only principal that a match covers; None for any other expression."""
        if expr.op != "match" or expr.dimension != "principal" or expr.pattern is None:
            return None
        self._kept(expr)
        caller = self._named[id(expr)] = self._exact.get(expr.pattern)
        return caller

    def _door(self, parts: tuple[Expr, ...]) -> Form | None:
        """The form of an intersection without its first part; None where the rest speaks of callers too."""
        if len(parts) != 2:
            return self._meet(parts[1:])
        door = parts[1]
        form = self._doors.get(id(door))  # the same door occurs in many intersections
        if form is None:
            op, _, _, inner = door
            form = self._meet(inner) if op == "and" else self._plain(door)
            if form is not None:
                self._doors[id(door)] = form
                self._alive.append(door)
        return form

    def _meet(self, parts: tuple[Expr, ...]) -> Form | None:
        doors = self._doors
        forms = []
        for part in parts:
            form = doors.get(id(part))  # methods and paths, too, occur in many doors
            if form is None:
                form = self._plain(part)
                if form is None:
                    return None
                doors[id(part)] = form
                self._alive.append(part)
            forms.append(form)
        return forms[0] if len(forms) == 1 else self._all(forms)

    def _plain(self, expr: Expr) -> Form | None:
        """The form of an expression that speaks of no callers; None for any other."""
        op, dimension, pattern, args = expr
        if op == "match":
            if dimension == "principal":
                return None
            return self._atoms[dimension].get(pattern) or self._atom(dimension, pattern)  # type: ignore[index, arg-type]  # _atom refuses None
        if op == "or":
            forms = []
            for arg in args:
                kind, dimension, pattern, _ = arg
                if kind != "match" or dimension == "principal":
                    break
                forms.append(-(self._atoms[dimension].get(pattern) or self._atom(dimension, pattern)))  # type: ignore[index, arg-type]  # as above
            else:
                return -self._all(forms)
        some, rest = self._kept(expr)
        return None if some else rest

    def _join(self, args: Iterable[Expr], sign: int) -> Slice:
        """Intersection for ``sign`` 1; union for -1, as the complement of the intersection of complements."""
        constant: list[Form] = []
        cut: list[Slice] = []
        single: dict[str, Form] = {}  # of a union: what speaks of one caller only
        atoms, callers, exact = self._atoms, self._callers, self._exact
        for arg in args:
            op, dimension, pattern, parts = arg
            if op != "match":
                if op == "and" and sign < 0:
                    caller = self._name(parts[0])
                    door = None if caller is None else self._door(parts)
                    if caller is not None and door is not None:
                        if caller in single:
                            cut.append(({caller: door}, NONE))
                        elif door != NONE:
                            single[caller] = door
                        continue
                one = self._slice(arg)
            elif dimension != "principal":
                form = atoms[dimension].get(pattern) or self._atom(dimension, pattern)  # type: ignore[index, arg-type]  # _atom refuses None
                constant.append(form if sign > 0 else -form)
                continue
            elif sign < 0 and pattern in exact:
                single[exact[pattern]] = ALL
                continue
            else:
                one = callers.get(pattern) or self._match(arg)  # type: ignore[arg-type]
            some, rest = one
            if not some:
                constant.append(sign * rest)
            elif sign < 0 and rest == NONE and len(some) == 1:
                (caller,) = some
                if caller in single:
                    cut.append(one)
                else:
                    single[caller] = some[caller]
            else:
                cut.append(one)
        if not constant and not cut:
            return (single, NONE) if single else ({}, sign * ALL)
        base = constant[0] if len(constant) == 1 else self._all(constant)
        if base == NONE:
            return {}, sign * NONE
        if single:
            cut.append((single, NONE))
        if len(cut) == 1 and len(cut[0][0]) == 1 and cut[0][1] == NONE and sign > 0:  # one caller's door
            ((caller, form),) = cut[0][0].items()
            form = base if form == ALL else self._all([base, form])
            return ({caller: form} if form != NONE else {}), NONE
        if not cut:
            return {}, sign * base
        none = sign * NONE
        for one in cut:
            if one[1] == none:
                return self._narrow(base, cut, sign), none
        return self._wide(base, cut, sign)

    def _narrow(self, base: Form, cut: list[Slice], sign: int) -> dict[str, Form]:
        """Some of ``cut`` leave nothing but for callers that they name: only those that each of these names are left."""
        none = sign * NONE
        if len(cut) == 1 and base == ALL:
            return cut[0][0]
        first = min([some for some, rest in cut if rest == none], key=len)
        others = [one for one in cut if one[0] is not first]
        self._pay(len(first) * len(cut))
        found: dict[str, Form] = {}
        if len(others) == 1 and base == ALL:
            some, rest = others[0]
            for caller, form in first.items():
                more = some.get(caller, rest)
                if form != none and more != none:
                    together = form if more == -none else more if form == -none else sign * self._all([sign * form, sign * more])
                    if together != none:
                        found[caller] = together
            return found
        for caller, form in first.items():
            forms = [sign * form] if base == ALL else [base] if form == -none else [base, sign * form]
            for some, rest in others:
                more = sign * some.get(caller, rest)
                if more != ALL:
                    forms.append(more)
            together = sign * (forms[0] if len(forms) == 1 else self._all(forms))
            if together != none:
                found[caller] = together
        return found

    def _wide(self, base: Form, cut: list[Slice], sign: int) -> Slice:
        everything = sign * ALL
        named: dict[str, list[Form]] = {}
        wide: list[Slice] = []
        for one in cut:
            some, rest = one
            if rest == everything:  # says something of the callers that it names only
                for caller, form in some.items():
                    if caller in named:
                        named[caller].append(sign * form)
                    else:
                        named[caller] = [base, sign * form]
            else:
                wide.append(one)
        for some, _ in wide:
            for caller in some:
                named.setdefault(caller, [base])
        self._pay(len(named) * (1 + len(wide)))
        for forms_of, forms in named.items():
            forms += [sign * some.get(forms_of, rest) for some, rest in wide]
        found = {caller: sign * self._all(forms) for caller, forms in named.items()}
        return found, sign * self._all([base, *[sign * rest for _, rest in wide]])

    def _all(self, forms: list[Form]) -> Form:
        """The intersection of some forms."""
        written = tuple(forms)
        found = self._written.get(written)
        if found is None:
            found = self._written[written] = self._intersection(written)
        return found

    def _intersection(self, forms: tuple[Form, ...]) -> Form:
        if NONE in forms:
            return NONE
        whole = frozenset(forms)
        for form in forms:
            if form > 0 and (form == ALL or self._parts[form] is not None):
                whole = self._flat(whole)
                break
        if len(whole) < 2:
            return next(iter(whole), ALL)
        self._pay(len(whole))
        for form in whole:
            if -form in whole:
                return NONE
        found = self._joined.get(whole)
        if found is None:
            found = self._joined[whole] = len(self._parts)
            self._parts.append(whole)
        return found

    def _flat(self, forms: Iterable[Form]) -> frozenset[Form]:
        """With the parts of an intersection in place of it, and without ALL."""
        kept: set[Form] = set()
        for form in forms:
            parts = self._parts[form] if form > 0 else None
            if parts is not None:
                kept |= parts
            else:
                kept.add(form)
        kept.discard(ALL)
        return frozenset(kept)

    def _within(self, small: Form, large: Form) -> bool:
        """Whether the forms show that ``small`` is a subset of ``large``."""
        if small in (large, NONE) or large == ALL:
            return True
        self._pay(1)
        mine = self._parts[small] if small > 0 else None
        theirs = self._parts[large] if large > 0 else None
        if theirs is not None:
            return (mine is not None and theirs <= mine) or all(self._within(small, part) for part in theirs)
        either = self._parts[-small] if small < 0 else None
        if either is not None:
            return all(self._within(-part, large) for part in either)
        if mine is not None and (large in mine or any(self._within(part, large) for part in mine)):
            return True
        choices = self._parts[-large] if large < 0 else None
        return choices is not None and (-small in choices or any(self._within(small, -part) for part in choices))

    def _pay(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise TooMany("steps on slices")


_READ: dict[str, Callable[[str], object]] = {"template": template_segments, "cidr": cidr_range, "number": port_number}
