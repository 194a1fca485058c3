"""What the language has and this version does not do: one error for each use, never silence."""

from meshwright.diagnostics import Diagnostic, error
from meshwright.ir import syntax
from meshwright.resolve.headers import Desk
from meshwright.source import Span


def refuse_later(desks: tuple[Desk, ...], found: list[Diagnostic]) -> None:
    """MW0211 for every `Later`, `enforce observe`, condition and TLS floor above what a gateway does by itself."""
    for desk in desks:
        for later in desk.module.later:
            found.append(not_yet(f"`{later.keyword}` in a `{later.where}`" if later.where else f"`{later.keyword}`", later.span))
        for each in desk.module.statements:
            if isinstance(each, syntax.Later):
                found.append(not_yet(f"`{each.keyword}`", each.span))
            elif isinstance(each, syntax.RuleStatement):
                if each.when:
                    found.extend([not_yet("`when`", span) for span in each.when])
            elif isinstance(each, syntax.NamespaceBlock) and each.enforce is not None and each.enforce.mode == "observe":
                found.append(not_yet("`enforce observe`", each.enforce.span, "write `enforce no` until you are ready for `enforce yes`"))
            elif isinstance(each, syntax.GatewayBlock):
                found.extend(
                    [
                        not_yet(
                            f"`tls min {listen.tls_min.text}`",
                            listen.tls_min.span,
                            "leave it out: a gateway asks for TLS 1.2 or newer by itself",
                        )
                        for listen in each.listeners
                        if listen.tls_min is not None and listen.tls_min.text != "1.2"
                    ]
                )


def not_yet(what: str, span: Span, instead: str = "take it out for now") -> Diagnostic:
    """The one sentence for all of them."""
    return error(
        "MW0211",
        f"{what} is not in this version",
        span,
        label="understood, but not compiled yet",
        notes=("a statement that has no effect would read like protection",),
        help=(instead,),
    )
