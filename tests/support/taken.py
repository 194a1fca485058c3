"""Whether istiod takes a tree as it is meant: no refusal, no warning, and a good status on everything that has one."""

from typing import Any

from tests.support.istiod import Istiod

Document = dict[str, Any]

# What istiod writes when all is well; a reason beside "Accepted" says of which kind of well.
WELL = {"Accepted": {"Accepted"}, "Programmed": {"Programmed"}, "ResolvedRefs": {"ResolvedRefs"}, "ResolvedWaypoints": {"ResolvedWaypoints"},
        "WaypointAccepted": {"Accepted"}, "ZtunnelAccepted": {"Accepted"}, "istio.io/WaypointBound": {"WaypointAccepted"}}


def not_taken(istiod: Istiod, documents: list[Document], trust_domain: str = "cluster.local") -> list[Document]:
    """What is wrong with these objects, the whole of a mesh: refusals, warnings, conditions, policies without one."""
    answer = istiod.ask(documents, ["status"], mesh={"trustDomain": trust_domain}, certificates=_certificates(documents))
    told = {one["object"] for one in answer["status"]}
    untold = [{"object": name, "message": "no condition at all"} for one in documents if one["kind"] in ("AuthorizationPolicy", "HTTPRoute", "Gateway")
              if (name := f"{one['kind']}.{one['apiVersion'].partition('/')[0]}/{one['metadata']['namespace']}/{one['metadata']['name']}") not in told]
    return [*answer["refused"], *answer["warnings"], *_unwell(answer["status"]), *untold]


def _unwell(status: list[dict[str, str]]) -> list[dict[str, str]]:
    """Conditions that say anything else than that the object is in force as written."""
    return [one for one in status
            if not (one["status"] == "True" and one["reason"] in WELL.get(one["type"], ()))
            and not (one["type"] == "Conflicted" and one["status"] == "False" and one["reason"] == "NoConflicts")]


def _certificates(documents: list[Document]) -> list[str]:
    return sorted({f"{one.get('namespace', document['metadata']['namespace'])}/{one['name']}" for document in documents if document["kind"] == "Gateway"
                   for listener in document["spec"]["listeners"] for one in listener.get("tls", {}).get("certificateRefs", ())})
