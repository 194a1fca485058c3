"""MW0323: listeners of a gateway that cannot stand beside each other, or are not complete."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir import resolved
from meshwright.source import Span


def bad_listener(facts: Facts) -> Iterator[Diagnostic]:
    for gateway in facts.program.gateways:
        if not gateway.listeners:
            yield error(
                "MW0323",
                f"gateway `{gateway.id}` listens nowhere",
                gateway.span,
                label="no `listen` line",
                help=('add `listen https 443 host "…" { certificate … }`',),
            )
        for listener in gateway.listeners:
            yield from _alone(gateway, listener)
        yield from _together(gateway)


def _alone(gateway: resolved.Gateway, listener: resolved.Listener) -> Iterator[Diagnostic]:
    listen = listener.listen
    protocol = listen.protocol.text
    if protocol not in ("http", "https"):
        yield _wrong(
            f"a listener cannot speak `{protocol}`",
            listen.protocol.span,
            "only http and https in this version",
            "write `listen https` or `listen http`",
        )
        return
    if protocol == "https" and listen.redirect is not None:
        yield _wrong(
            "a listener that has TLS already cannot redirect to it", listen.redirect.span, "on an https listener", "take `redirect` out"
        )
    elif protocol == "https" and listen.certificate is None:
        yield _wrong(
            f"port {listen.port.value} of `{gateway.id}` has no certificate",
            listen.span,
            "https without `certificate`",
            "add `{ certificate <secret> }`; a bare name is a Secret in the namespace of this file",
        )
    elif protocol == "http" and listen.certificate is not None:
        yield _wrong(
            "an http listener has no use for a certificate",
            listen.certificate.span,
            "never shown to anybody",
            "write `listen https`, or take it out",
        )
    if protocol == "http" and listen.redirect is not None:
        if listen.redirect.text != "https":
            yield _wrong(f"cannot redirect to `{listen.redirect.text}`", listen.redirect.span, "only to https", "write `redirect https`")
        elif not any(each.listen.protocol.text == "https" for each in gateway.listeners):
            yield _wrong(
                f"`{gateway.id}` redirects to https and does not listen there",
                listen.redirect.span,
                "leads nowhere",
                "add a `listen https` line",
            )


def _together(gateway: resolved.Gateway) -> Iterator[Diagnostic]:
    """Gateway API tells listeners apart by port, protocol and host; one port speaks one protocol."""
    by_port: dict[int, resolved.Listener] = {}
    by_host: dict[tuple[int, str], resolved.Listener] = {}
    for listener in gateway.listeners:
        listen = listener.listen
        first = by_port.setdefault(listen.port.value, listener)
        if first.listen.protocol.text != listen.protocol.text:
            yield error(
                "MW0323",
                f"port {listen.port.value} of `{gateway.id}` cannot be both {first.listen.protocol.text} and {listen.protocol.text}",
                listen.span,
                label="the second protocol",
                others=(Label(first.listen.span, "the first one"),),
                help=("give one of them another port",),
            )
            continue
        for host in [host.text for host in listen.hosts] or [""]:
            twin = by_host.setdefault((listen.port.value, host), listener)
            if twin is not listener:
                yield error(
                    "MW0323",
                    f"two listeners of `{gateway.id}` take {f'`{host}`' if host else 'every host'} on port {listen.port.value}",
                    listen.span,
                    label="again here",
                    others=(Label(twin.listen.span, "first here"),),
                    help=("keep one of them",),
                )
                break


def _wrong(message: str, span: Span, label: str, help: str) -> Diagnostic:
    return error("MW0323", message, span, label=label, help=(help,))
