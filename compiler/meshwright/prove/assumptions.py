"""What every answer rests on, one line each (docs: the proof)."""

from meshwright.ir.intent import Program


def assumptions(program: Program) -> tuple[str, ...]:
    """The lines that are printed with a proof; only the first and those about the mesh depend on ``program``."""
    domain = program.mesh.trust_domain
    major, minor = program.mesh.istio
    return (
        f"the inventory ({program.inventory.digest[:12] or 'nothing read'}) is what runs",
        "no policy, EnvoyFilter, extension, ServiceEntry or route is in scope beyond the tree and the foreign objects that were read",
        "whoever may create pods or request tokens in a namespace holds every identity of it, its waypoints' included",
        "whoever may edit pods or namespaces can take them out of the mesh",
        "a name is an identity: a namespace or account made again under its name inherits; certificates outlive deletion until they expire",
        f"proxies accept certificates of trust domain `{domain}` only",
        f"mesh settings are as declared; every node and proxy runs Istio {major}.{minor} or later and has received the configuration",
        "nobody adds an ALLOW that targets a waypoint itself or a service that nobody declared: no DENY can seal those",
        "pods that nobody listed are closed by ALLOW policies only: one that somebody adds can open them",
        "NetworkPolicies let the mesh's own port 15008 through: they only narrow, and what they stop does not arrive",
        "open TCP connections at Envoy outlive a revocation",
        "the application reads path, host and headers as the proxy does",
        "processes in a node's network namespace reach the pods of that node",
        "UDP, egress by address and DNS are outside the mesh",
        "clusters that share a trust domain share identities",
    )
