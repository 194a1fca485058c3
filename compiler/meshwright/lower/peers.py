"""Sets of callers, and how AuthorizationPolicy says them: as they are (ALLOW), and everybody else (the guard's DENY).

Facts (reference: istio-semantics 1.5, 1.7, 2.2, 10.7): a positive match on a missing identity is false, a negative one true;
``serviceAccounts`` holds at most 16 values, is exact, and excludes principals and namespaces in the same source; several
sources of one rule are alternatives, so a positive list may be cut and a negative list must not.
"""

from collections.abc import Collection, Iterable, Mapping

from meshwright.ir.identity import Identity
from meshwright.ir.intent import Gateway, Source
from meshwright.record import NamedTuple

MOST_ACCOUNTS = 16


class Peers(NamedTuple):
    """Who may connect: one of ``accounts``; or an identity of ``namespaces`` not in ``but_accounts``; or, with ``anybody``, an
    identity of the mesh neither in ``but_accounts`` nor of ``but_namespaces``; or a peer without identity from ``plaintext``
    (None: nobody, (): anywhere) but not from ``but_plaintext``.  All sorted; equal sets of one origin are equal values.
    """

    accounts: tuple[Identity, ...] = ()
    namespaces: tuple[str, ...] = ()
    anybody: bool = False
    but_accounts: tuple[Identity, ...] = ()
    but_namespaces: tuple[str, ...] = ()
    plaintext: tuple[str, ...] | None = None
    but_plaintext: tuple[str, ...] = ()

    @property
    def nobody(self) -> bool:
        return not self.accounts and not self.namespaces and not self.anybody and self.plaintext is None

    def includes(self, one: Identity) -> bool:
        if one in self.accounts:
            return True
        return one not in self.but_accounts and (
            one.namespace in self.namespaces or (self.anybody and one.namespace not in self.but_namespaces))


NOBODY = Peers()


def peers(allowed: Collection[Source], denied: Collection[Source], gateways: Mapping[str, Gateway],
          always: Iterable[Identity] = ()) -> Peers:
    """``allowed`` without ``denied``, and ``always`` (waypoints) whatever is denied.  Exact for every kind of source."""
    if not denied:
        listed = {source.identity for source in allowed if source.kind == "identity" and source.identity is not None}
        if len(listed) == len(allowed):  # the usual case, in short
            return Peers(tuple(sorted(listed.union(always))))
    yes, no = _collect(allowed, gateways), _collect(denied, gateways)
    always = set(always)
    if no.anyone:
        return Peers(tuple(sorted(always)))
    proxies = {gateway.identity for gateway in gateways.values()}
    accounts = {one for one in yes.accounts if one not in no.accounts and one.namespace not in no.namespaces}
    namespaces = yes.namespaces - no.namespaces
    anybody = yes.workloads and not no.workloads
    if yes.workloads or no.workloads:
        # `any workload` covers or takes away every identity of a namespace except the gateways'
        accounts |= {one for one in proxies if one.namespace in namespaces and one not in no.accounts}
        accounts &= proxies
        namespaces = set()
    but_namespaces = no.namespaces if anybody else set()
    if anybody:
        but_accounts = {one for one in (proxies - accounts) | no.accounts if one.namespace not in but_namespaces}
    else:
        but_accounts = {one for one in no.accounts if one.namespace in namespaces}
    plaintext = yes.blocks if yes.plaintext and not (no.plaintext and not no.blocks) else None
    return Peers(
        tuple(sorted(accounts | always)), tuple(sorted(namespaces)), anybody, tuple(sorted(but_accounts - always)),
        tuple(sorted(but_namespaces)), None if plaintext is None else tuple(sorted(plaintext)),
        () if plaintext is None else tuple(sorted(no.blocks)),
    )


def among(who: Peers, trust_domain: str) -> list[dict[str, list[str]]]:
    """The sources that match exactly ``who``; [] for nobody."""
    sources: list[dict[str, list[str]]] = []
    for start in range(0, len(who.accounts), MOST_ACCOUNTS):
        sources.append({"serviceAccounts": ["/".join(one) for one in who.accounts[start : start + MOST_ACCOUNTS]]})
    but = _principals(who.but_accounts, trust_domain)
    if who.namespaces:
        sources.append(_source(notPrincipals=but, namespaces=list(who.namespaces)))
    if who.anybody:
        sources.append(_source(principals=[trust_domain + "/*"], notPrincipals=but, notNamespaces=list(who.but_namespaces)))
    if who.plaintext is not None:
        sources.append(_source(notPrincipals=["*"], ipBlocks=list(who.plaintext), notIpBlocks=list(who.but_plaintext)))
    return sources


def others(who: Peers, trust_domain: str) -> list[dict[str, list[str]]]:
    """The sources that match exactly the complement of ``who``; [] means everybody, and the rule then has no `from`."""
    if who.nobody:
        return []
    listed = [trust_domain + "/*"] if who.anybody else _principals(who.accounts, trust_domain)
    sources: list[dict[str, list[str]]] = []
    if who.plaintext is not None:  # a negative list alone would match peers without identity, who may come in here
        sources.append(_source(principals=["*"], notPrincipals=listed, notNamespaces=list(who.namespaces)))
    elif who.anybody or who.namespaces or len(who.accounts) > MOST_ACCOUNTS:
        sources.append(_source(notPrincipals=listed, notNamespaces=list(who.namespaces)))
    else:
        sources.append({"notServiceAccounts": ["/".join(one) for one in who.accounts]})
    if who.but_accounts:
        sources.append({"principals": _principals(who.but_accounts, trust_domain)})
    if who.but_namespaces:
        inside = [one for one in who.accounts if one.namespace in who.but_namespaces]
        sources.append(_source(notPrincipals=_principals(inside, trust_domain), namespaces=list(who.but_namespaces)))
    if who.plaintext:
        sources.append({"notPrincipals": ["*"], "notIpBlocks": list(who.plaintext)})
    if who.but_plaintext:
        sources.append({"notPrincipals": ["*"], "ipBlocks": list(who.but_plaintext)})
    return sources


class _Sources(NamedTuple):
    accounts: set[Identity]
    namespaces: set[str]
    workloads: bool
    plaintext: bool
    blocks: set[str]  # empty with plaintext: anywhere
    anyone: bool


def _collect(sources: Iterable[Source], gateways: Mapping[str, Gateway]) -> _Sources:
    accounts: set[Identity] = set()
    namespaces: set[str] = set()
    blocks: set[str] = set()
    workloads = plaintext = everywhere = anyone = False
    for source in sources:
        kind = source.kind
        if kind == "identity":
            if source.identity is None:
                raise ValueError("a source of kind identity without one")
            accounts.add(source.identity)
        elif kind == "gateway":
            accounts.add(gateways[source.gateway].identity)
        elif kind == "any-gateway":
            accounts.update(gateway.identity for gateway in gateways.values())
        elif kind == "namespace":
            namespaces.add(source.namespace)
        elif kind == "any-workload":
            workloads = True
        elif kind == "unidentified":
            plaintext = True
            everywhere = everywhere or not source.cidrs
            blocks.update(source.cidrs)
        else:
            anyone = True
    return _Sources(accounts, namespaces, workloads, plaintext, set() if everywhere else blocks, anyone)


def _principals(accounts: Iterable[Identity], trust_domain: str) -> list[str]:
    return [one.principal(trust_domain) for one in accounts]


def _source(**fields: list[str]) -> dict[str, list[str]]:
    return {key: values for key, values in fields.items() if values}
