"""What the words of a question stand for: callers and places, as people type or paste them."""

import re
from collections.abc import Iterable, Mapping

from meshwright.access.request import Witness, evaluate
from meshwright.diagnostics import Diagnostic, did_you_mean, error
from meshwright.ir.identity import Identity
from meshwright.ir.intent import Program, Source
from meshwright.ir.inventory import Workload
from meshwright.prove.meaning.routes import routed
from meshwright.record import NamedTuple

MOST_SHOWN = 6
OUTSIDE = ("internet", "outside")


class Caller(NamedTuple):
    """Who asks.  ``sources`` () = somebody without identity: on the internet (``internet``), or at the pods' network."""

    text: str  # as understood
    sources: tuple[Source, ...]
    source_ip: str = ""
    note: str = ""
    internet: bool = False


class Place(NamedTuple):
    """What is asked for: the address of ``service``, or the pods of ``workloads`` (ids) by their own."""

    text: str
    service: str  # id; "" = pods
    workloads: tuple[str, ...]
    port: str = ""  # when the words name one
    method: str = ""
    path: str = ""  # when the words are a URL
    host: str = ""
    gateway: bool = False  # the host is one that a gateway serves


class Dictionary:
    """Every name of a program.  ``groups``: name -> member ids."""

    def __init__(self, program: Program, groups: Mapping[str, tuple[str, ...]]) -> None:
        self.program = program
        self.groups = groups
        self.services = {service.id: service for service in program.inventory.services}
        self.workloads: dict[str, list[Workload]] = {}
        self.accounts: dict[str, Identity] = {}
        for workload in program.inventory.workloads:
            self.workloads.setdefault(f"{workload.namespace}/{workload.name}", []).append(workload)
            self.accounts[str(workload.identity)] = workload.identity
        for account in program.inventory.service_accounts:
            self.accounts[f"{account.namespace}/{account.name}"] = Identity(account.namespace, account.name)
        self.gateways = {gateway.id: gateway for gateway in program.gateways}

    def callers(self, text: str) -> tuple[Caller, ...] | Diagnostic:
        """Whoever ``text`` names, several for a group.  MW0920 nobody, MW0921 it may be several."""
        text = " ".join(text.split())
        plain = self._plain_caller(text)
        if plain is not None:
            return (plain,)
        if text.startswith("clients of "):
            return self._clients(text.removeprefix("clients of "))
        principal = re.fullmatch(r"(?:spiffe://)?([^/\s]+)/ns/([^/\s]+)/sa/([^/\s]+)", text)
        if principal is not None:
            return self._principal(*principal.groups())
        account = text.startswith("service-account ")
        name = text.removeprefix("service-account ")
        if name in self.groups and not account:
            found = [self._caller(member) for member in self.groups[name]]
            return tuple(one for one in found if one is not None)
        ids = self._ids(name, (self.accounts,) if account else (self.services, self.workloads, self.accounts, self.gateways))
        if len(ids) == 1:
            one = self._caller(ids[0], account)
            if one is not None:
                return (one,)
            if ids[0] in self.gateways:
                return self._clients(ids[0])
        return _several(text, ids) if ids else self._nobody(text)

    def places(self, text: str) -> tuple[Place, ...] | Diagnostic:
        """Whatever ``text`` names, several for a group or a URL.  MW0920 nothing, MW0921 it may be several."""
        text = " ".join(text.split())
        if "://" in text:
            return self._url(text)
        if text.startswith("pods of "):
            return self._pods(text.removeprefix("pods of "))
        name, port = _split_port(text)
        parts = name.split(".")
        if len(parts) == 2 or parts[2:] in (["svc"], ["svc", "cluster", "local"]):
            name = f"{parts[1]}/{parts[0]}"
        if name in self.groups:
            members = [member for member in self.groups[name] if member in self.services]
            return tuple(Place(member, member, self.services[member].workloads, port) for member in members)
        exact = [one for many in self.workloads.values() for one in many if one.id == name]
        if exact:
            return (Place(f"pods of {name}", "", (name,), port),)
        ids = self._ids(name, (self.services, self.workloads))
        if len(ids) == 1:
            service = self.services.get(ids[0])
            if service is not None:
                return (Place(service.id, service.id, service.workloads, port),)
            return (Place(f"pods of {ids[0]}", "", tuple(sorted(one.id for one in self.workloads[ids[0]])), port),)
        gateways = [one for one in self.gateways if name in (one, one.partition("/")[2])]
        if gateways and not ids:
            return error("MW0922", f"`{text}` is a gateway: whoever can dial it is its client",
                         notes=("what a rule protects is a service behind it",),
                         help=(f"ask for a service, through it: `meshwright explain internet SERVICE --via {gateways[0]}`",))
        return _several(text, ids) if ids else self._nobody(text)

    def _plain_caller(self, text: str) -> Caller | None:
        """Those who have no name of their own."""
        if text in OUTSIDE:
            return Caller("somebody on the internet", (), internet=True)
        if text == "anyone":
            return Caller("anyone", (Source("anyone", name=text),))
        if text in ("any workload", "any-workload"):
            return Caller("any workload", (Source("any-workload", name="any workload"),))
        if text == "unidentified" or text.startswith("unidentified from "):
            address = text.removeprefix("unidentified").removeprefix(" from ").partition("/")[0]
            return Caller("a peer without mesh identity" + (f" at {address}" if address else ""), (), address)
        if re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]+", text):
            return Caller(f"a peer without mesh identity at {text}", (), text)
        space = text.removeprefix("namespace ") if text.startswith("namespace ") else ""
        if space in {one.name for one in self.program.inventory.namespaces} | {one.name for one in self.program.namespaces}:
            return Caller(text, (Source("namespace", namespace=space, name=text),))
        return None

    def _clients(self, text: str) -> tuple[Caller, ...] | Diagnostic:
        if text == "any gateway":
            return (Caller("clients of any gateway", (Source("any-gateway", name="clients of any gateway"),)),)
        name, _, port = text.partition(" port ")
        name, port = (name, port) if port else _split_port(name)
        ids = self._ids(name, (self.gateways,))
        if len(ids) != 1:
            return _several(text, ids) if ids else self._nobody(text, list(self.gateways), "gateway")
        listener = int(port) if port.isdecimal() and len(port) < 6 else 0
        words = f"clients of {ids[0]}" + (f" port {listener}" if listener else "")
        return (Caller(words, (Source("gateway", gateway=ids[0], port=listener, name=words),)),)

    def _principal(self, domain: str, namespace: str, account: str) -> tuple[Caller, ...] | Diagnostic:
        """As logs print it."""
        if domain != self.program.mesh.trust_domain:
            return error("MW0922", f"`{domain}` is not the trust domain of this mesh, which is `{self.program.mesh.trust_domain}`",
                         notes=("proxies of this mesh accept certificates of its own trust domain only",))
        identity = Identity(namespace, account)
        gateway = next((one.id for one in self.program.gateways if one.identity == identity), "")
        note = f"the proxies of gateway `{gateway}` run as `{identity}`: behind it, that is who all of its clients are" if gateway else ""
        return (Caller(str(identity), (Source("identity", identity, name=str(identity)),), note=note),)

    def _caller(self, name: str, account: bool = False) -> Caller | None:
        service = self.services.get(name) if not account else None
        workloads = [one for many in self.workloads.values() for one in many if service is not None and one.id in service.workloads]
        workloads = workloads or ([] if account else self.workloads.get(name, []))
        if not workloads and name in self.accounts:
            return Caller(name, (Source("identity", self.accounts[name], name=name),))
        if not workloads:
            return None
        if all(one.capture == "outside" for one in workloads):
            why = workloads[0].capture_reason
            return Caller(name, (), "", f"`{name}` is not in the mesh ({why}), so its connections carry no identity")
        identities = sorted({one.identity for one in workloads if one.capture != "outside"})
        return Caller(name, tuple(Source("identity", identity, name=name) for identity in identities), "", self._sharing(name, identities))

    def _sharing(self, name: str, identities: Iterable[Identity]) -> str:
        known = {f"{one.namespace}/{one.name}" for many in self.workloads.values() for one in many if one.identity in set(identities)}
        service = self.services.get(name)
        mine = {"/".join((one.split("/")[0], one.split("/")[-1])) for one in service.workloads} if service is not None else {name}
        others = sorted(known - mine)
        if not others:
            return ""
        account = next(iter(identities))
        return f"{_listed(others)} runs as `{account}` too: the mesh cannot tell them apart"

    def _pods(self, text: str) -> tuple[Place, ...] | Diagnostic:
        name, port = _split_port(text)
        found = [one.id for many in self.workloads.values() for one in many if one.id == name]
        ids = [name] if found else self._ids(name, (self.services, self.workloads))
        if len(ids) != 1:
            return _several(text, ids) if ids else self._nobody(text)
        service = self.services.get(ids[0])
        workloads = tuple(found) or (service.workloads if service is not None else tuple(sorted(one.id for one in self.workloads[ids[0]])))
        return (Place(f"pods of {ids[0]}", "", workloads, port),)

    def _url(self, text: str) -> tuple[Place, ...] | Diagnostic:
        """A service's address, or a host that a gateway serves: then each service that its routes lead to."""
        scheme, _, rest = text.partition("://")
        authority, slash, path = rest.partition("/")
        path = (slash + path).partition("?")[0].partition("#")[0] or "/"
        host, port = _split_port(authority)
        gateways = {route.gateway for route in self.program.routes if _serves(route.hosts, host) or any(
            _serves(listener.hosts, host) and listener.hosts for listener in self.gateways[route.gateway].listeners)}
        if gateways:
            return self._routed(text, gateways, host, path)
        inside = self.places(host + (f":{port}" if port else ":80" if scheme == "http" else ""))
        if isinstance(inside, Diagnostic):
            return inside
        return tuple(place._replace(method="GET", path=path, host=host) for place in inside)

    def _routed(self, text: str, gateways: set[str], host: str, path: str) -> tuple[Place, ...] | Diagnostic:
        """The services to which gateways send a URL."""
        request = Witness("", "203.0.113.7", 443, "GET", path, host)
        found = []
        for service, number in sorted({(route.service, route.port) for route in self.program.routes if route.gateway in gateways}):
            if service in self.services and any(
                    evaluate(routed(self.program, self.gateways[name], listener.port, service, number), request)
                    for name in gateways for listener in self.gateways[name].listeners):
                found.append(Place(service, service, self.services[service].workloads, str(number), "GET", path, host, True))
        return tuple(found) or error("MW0922", f"no route leads from `{text}` to a service",
                                     notes=(f"the host is served by {_listed(sorted(gateways))}, which answers 404",),
                                     help=("write a `route at` that gateway for the path",))

    def _ids(self, name: str, books: tuple[Mapping[str, object], ...]) -> list[str]:
        """Ids called ``name``: of the first book that has some where it names its namespace, of all books where it does not."""
        if "/" in name:
            hits = [name] if any(name in book for book in books) else []
        else:
            hits = sorted({one for book in books for one in book if one.partition("/")[2] == name})
        if hits:
            return hits
        # the name of a pod, as kubectl shows it
        base = re.sub(r"-[a-f0-9]{6,10}-[a-z0-9]{5}$|-\d{1,3}$", "", name)
        return self._ids(base, (self.workloads,)) if base != name and self.workloads in books else []

    def _nobody(self, text: str, known: list[str] | None = None, what: str = "") -> Diagnostic:
        ids = known if known is not None else sorted({*self.services, *self.workloads, *self.accounts, *self.gateways})
        bare = {one.partition("/")[2] for one in ids} | (set(self.groups) if known is None else set())
        books = (ids, bare) if "/" in text else (bare, ids)
        near = [name for book in books for name in did_you_mean(text, book)]
        kind = what or "service, workload, service account, group or gateway"
        advice = f"did you mean `{near[0]}`?" if near else f"known here: {_listed(ids)}" if ids else "nothing is known here"
        return error("MW0920", f"nothing is called `{text}`", notes=(f"it is no {kind} of this project",), help=(advice,))


def _serves(hosts: tuple[str, ...], host: str) -> bool:
    return any(one == host or (one.startswith("*.") and host.endswith(one[1:])) for one in hosts)


def _split_port(text: str) -> tuple[str, str]:
    name, colon, port = text.rpartition(":")
    return (name, port) if colon and port else (text, "")


def _several(text: str, ids: list[str]) -> Diagnostic:
    return error("MW0921", f"`{text}` may be {_listed(ids, ' or ')}", help=(f"write `{ids[0]}`",),
                 notes=("an answer about the wrong one would look like one about the right one",))


def _listed(names: list[str], last: str = ", ") -> str:
    shown = [f"`{name}`" for name in names[:MOST_SHOWN]]
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return (", ".join(shown) if more or last == ", " else last.join(shown)) + more
