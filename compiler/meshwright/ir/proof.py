"""What the proof found: ``prove`` makes it, ``report`` and ``cli`` show it."""

from typing import Literal

from meshwright.record import NamedTuple

# sound      nothing gets in that the intent does not allow, on any way
# complete   what the intent allows gets in, on the declared way
# sealed     the same identities at most, whatever ALLOW anybody adds
# transport  peers without identity are accepted exactly where the intent names them
# covered    the model answered for every destination and way that must exist, and is sure
# invariant  a claim of an invariant holds on the intent (and so on the manifests, which equal it)
Obligation = Literal["sound", "complete", "sealed", "transport", "covered", "invariant"]
OBLIGATIONS: tuple[Obligation, ...] = ("sound", "complete", "sealed", "transport", "covered", "invariant")


class Request(NamedTuple):
    """One concrete request, every attribute filled in; a way without HTTP still names some."""

    principal: str  # "cluster.local/ns/shop/sa/web"; "" = no mesh identity
    source_ip: str
    port: int  # as the way fixes it: of the service, or the target port
    method: str
    path: str
    host: str
    attributes: tuple[tuple[str, str | tuple[str, ...] | None], ...] = ()  # "header:x-env", "claim:groups", ...: those that matter

    @property
    def attributes_text(self) -> str:
        """The attributes in words, to be put behind the rest: " with header `x-env` `prod`"; "" without any."""
        parts = []
        for dimension, value in self.attributes:
            kind, _, name = dimension.partition(":")
            shown = ", ".join(f"`{one}`" for one in ((value,) if isinstance(value, str) else value or ()))
            parts.append(f"{_WORDS.get(kind, kind)} {f'`{name}` ' if name else ''}{shown}")
        return f" with {' and '.join(parts)}" if parts else ""

    def as_json(self) -> dict[str, object]:
        """The request as reports show it."""
        found = {name: list(value) if isinstance(value, tuple) else value for name, value in self.attributes}
        return self._asdict() | {"attributes": found}


_WORDS = {"destination_ip": "the address dialled", "remote_ip": "the client address", "sni": "server name",
          "asked": "the answer of the authorizer"}


class Verdict(NamedTuple):
    """One obligation at one destination.

    ``holds`` speaks for all ways of the destination at once (``way`` is ""); ``fails`` and ``unknown`` name the way, "" when the
    whole destination is meant.  ``destination`` is a workload id, "other pods shop", or for an invariant its title.
    """

    obligation: Obligation
    destination: str
    way: str  # in words: "the address of shop/orders port 80, through waypoint shop/waypoint"; for an invariant the claim's text
    status: Literal["holds", "fails", "unknown"]
    request: Request | None  # the witness of `fails`; None where no single request shows it
    rules: tuple[int, ...]  # indices into Program.rules that took part; for `sound`, where none did, the nearest
    objects: tuple[str, ...]  # ids of the objects that took part
    reason: str  # for `fails` and `unknown`: in words; "" for `holds`


class Proof(NamedTuple):
    """Every verdict, and what all of them rest on."""

    verdicts: tuple[Verdict, ...]
    assumptions: tuple[str, ...]  # one line each, printed with every answer
    destinations: int  # judged
    ways: int  # judged, over all destinations
    unprotected: tuple[str, ...]  # namespaces that are not enforced: open to everybody, nothing proved
    sealed: Literal["identities"]  # what `sealed` means at waypoints: no further identity gets in

    @property
    def holds(self) -> bool:
        return all(verdict.status == "holds" for verdict in self.verdicts)
