"""Words that cannot stand alone as the source or destination of a rule: each reads wider or other than a name would mean."""

from collections.abc import Callable

from meshwright.diagnostics import Diagnostic, error
from meshwright.source import Span

_SOURCES = "`any workload` is every identity of this mesh, `anyone` (in `deny` and invariants) every request at all"
_GATEWAYS = "write `clients of <gateway>` for whoever a gateway lets in, `clients of any gateway` for all gateways"
_LISTS = "list the names, or make a `group`"

# word -> what to write instead, as a source
SOURCES: dict[str, str] = {
    "all": _SOURCES, "any": _SOURCES, "each": _SOURCES, "every": _SOURCES, "everyone": _SOURCES, "workload": _SOURCES,
    "authenticated": "write `any workload` for every identity of this mesh",
    "anyone": _SOURCES, "clients": _GATEWAYS, "internet": _GATEWAYS, "outside": _GATEWAYS, "public": _GATEWAYS,
    "unauthenticated": "write `unidentified` for callers without an identity in the mesh",
    "unidentified": "write `unidentified` without quotes",
    "except": "there are no exceptions in a list: write a second rule, or a `deny`",
    "not": "there is no negation: write a second rule, or a `deny`",
    "none": "leave the rule out: what no rule allows is denied",
    "namespace": "write `namespace <name>`", "service-account": "write `service-account <name>`",
    "self": "write the name of the service", "same": "write the name of the service or `namespace <name>`", "other": _LISTS,
}

# as a destination
_TARGETS = "write `any service`, or list the names"
TARGETS: dict[str, str] = {
    **SOURCES,
    **dict.fromkeys(("all", "any", "each", "every", "everyone", "anyone", "workload", "authenticated", "unauthenticated",
                     "unidentified"), _TARGETS),
    **dict.fromkeys(("internet", "outside", "public", "clients"), "declare what is outside the mesh as an `external` and name that"),
    "pods": "write `pods of <name>`", "service": "write `any service`, or the name of one",
}

# behind `clients of`, where `any gateway` may stand
GATEWAYS: dict[str, str] = {"gateway": "write `clients of any gateway`, or the name of one"}


def check_source(word: str) -> Callable[[Span], Diagnostic] | None:
    """None when a bare ``word`` may be a source; else what makes the diagnostic, MW0108."""
    advice = SOURCES.get(word)
    return None if advice is None else lambda span: reserved(word, "source", advice, span)


def check_target(word: str) -> Callable[[Span], Diagnostic] | None:
    """None when a bare ``word`` may be a destination; else what makes the diagnostic, MW0108."""
    advice = TARGETS.get(word)
    return None if advice is None else lambda span: reserved(word, "destination", advice, span)


def check_gateway(word: str) -> Callable[[Span], Diagnostic] | None:
    """None when a bare ``word`` may be a gateway behind `clients of`; else what makes the diagnostic, MW0108."""
    advice = GATEWAYS.get(word)
    return None if advice is None else lambda span: reserved(word, "source", advice, span)


def reserved(word: str, position: str, advice: str, span: Span) -> Diagnostic:
    """MW0108."""
    return error("MW0108", f"`{word}` cannot be the {position} of a rule", span, label="reserved word",
                 notes=("words that sound like many callers are not names here, so that something called "
                        f"`{word}` can never be granted by accident",),
                 help=(advice, f"something really called `{word}` is written in quotes, or in full with its namespace"))
