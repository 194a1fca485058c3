"""One question about a mesh: who asks for what, every way there, and which change of the sources would turn the answer round."""

from collections.abc import Mapping

from meshwright.access.reach import Reach
from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.ir.explanation import Change, Explanation, Extent, Hop, Question, Route
from meshwright.ir.intent import Program
from meshwright.prove.explain.flips import Homes, Texts, apply, to_allow, to_deny
from meshwright.prove.explain.routes import Asked, View, routes_to
from meshwright.prove.explain.words import Caller, Dictionary, Place
from meshwright.prove.meaning import Meaning
from meshwright.prove.proof import standing
from meshwright.prove.properties.covered import destinations
from meshwright.prove.question import Judge
from meshwright.record import NamedTuple

__all__ = ["Answer", "Found", "answer", "apply", "look", "turned"]

METHODS_NEED = "a method without a path says nothing that a rule could say"


class Found(NamedTuple):
    """A question understood, with every way that it may take; what proxies say of ``asked`` is not known yet."""

    question: Question
    caller: Caller
    place: Place
    asked: tuple[Asked, ...]


class Answer(NamedTuple):
    """What is shown, and the changes to try, smallest first."""

    explanation: Explanation
    candidates: tuple[tuple[Change, ...], ...]


def look(program: Program, reach: tuple[Reach, ...], question: Question,
         groups: Mapping[str, tuple[str, ...]]) -> Outcome[tuple[Found, ...]]:
    """Every caller and place that the question names (groups name several), and the ways between them.

    MW0920 nothing is called so, MW0921 it may be several, MW0922 a question that cannot be asked.
    """
    dictionary = Dictionary(program, groups)
    callers, places = dictionary.callers(question.source), dictionary.places(question.target)
    wrong = tuple(one for one in (callers, places) if isinstance(one, Diagnostic)) + _impossible(program, question)
    if wrong or isinstance(callers, Diagnostic) or isinstance(places, Diagnostic):
        return Outcome(None, wrong)
    answers = {one.destination: one for one in reach}
    view = View(program, Meaning(program), Judge(program.mesh.trust_domain), answers, destinations(program, answers), standing(program))
    found = tuple(Found(question, caller, place, tuple(routes_to(view, caller, place, question))) for caller in callers for place in places)
    return Outcome(found, ())


def answer(program: Program, found: Found, hops: tuple[tuple[Hop, ...], ...], texts: Texts, homes: Homes) -> Answer:
    """The answer to one caller at one place; ``hops`` of each of ``found.asked``."""
    routes = tuple(one.route._replace(hops=path) for one, path in zip(found.asked, hops, strict=True))
    question, caller, place = found.question, found.caller, found.place
    declared = [route for route in routes if route.declared]
    extent = _together([route.extent for route in declared or routes])
    notes = [note for note in (caller.note, *_notes(program, found, declared)) if note]
    words = _words(question, place)
    explanation = Explanation(caller.text, place.text, words, extent, routes, tuple(notes))
    if any(route.extent != route.intended and "unknown" not in (route.extent, route.intended) for route in routes):
        return Answer(explanation._replace(advice="the manifests do not say what the sources say: run `meshwright compile`, and "
                                           "`meshwright prove` for every difference"), ())
    if not declared or extent == "unknown":
        return Answer(explanation, ())
    named = question._replace(method=question.method or place.method, path=question.path or place.path)
    if extent == "some":  # a rule for everything would be more than anybody asked for
        return Answer(explanation, ())
    found_changes = (to_allow if extent == "none" else to_deny)(program, caller, declared[0], named, texts, homes)
    return Answer(explanation, tuple(changes for changes in found_changes if changes))


def turned(before: Explanation, after: Explanation | None) -> bool:
    """Whether a change of the sources made the answer another one on the declared ways."""
    if after is None or after.extent == "unknown":
        return False
    return after.extent == "none" if before.extent == "all" else after.extent == "all"


def _impossible(program: Program, question: Question) -> tuple[Diagnostic, ...]:
    found = []
    if question.method and not question.path:
        found.append(error("MW0922", f"`{question.method}` is asked for without a path", notes=(METHODS_NEED,),
                           help=(f"add the path: `meshwright explain FROM TO {question.method} /`",)))
    if question.path and not question.path.startswith("/"):
        found.append(error("MW0922", f"the path `{question.path}` does not begin with `/`", help=(f"write `/{question.path}`",)))
    known = {"", "service", "pod", "gateway", "plaintext"} | {gateway.id for gateway in program.gateways}
    known |= {f"{gateway.id}:{listener.port}" for gateway in program.gateways for listener in gateway.listeners}
    if question.via not in known:
        listed = ", ".join(f"`{name}`" for name in sorted(known - {""}))
        found.append(error("MW0922", f"there is no way called `{question.via}`", help=(f"`--via` takes one of {listed}",)))
    return tuple(found)


def _together(extents: list[Extent]) -> Extent:
    if "unknown" in extents:
        return "unknown"
    if not extents or all(one == "none" for one in extents):
        return "none"
    return "all" if all(one == "all" for one in extents) else "some"


def _notes(program: Program, found: Found, declared: list[Route]) -> list[str]:
    notes = []
    namespaces = {one.partition("/")[0] for one in found.place.workloads}
    governed = {space.name for space in program.namespaces if space.enforce == "yes"}
    notes += [f"namespace `{name}` is not enforced: nothing is emitted for it, it is open to anyone"
              for name in sorted(namespaces - governed)]
    if not found.place.workloads:
        notes.append(f"nothing runs behind `{found.place.text}`")
    elif not declared:
        notes.append("there is no such way from there to it")
    return notes


def _words(question: Question, place: Place) -> str:
    method, path, host = question.method or place.method, question.path or place.path, question.host or place.host
    parts = [method, path, f"for host {host}" if host else "", f"port {question.port or place.port}" if question.port or place.port else ""]
    parts += [f"{name}: {value}" for name, value in question.headers] + [f"{name}={value}" for name, value in question.claims]
    return " ".join(part for part in parts if part) or "any request"
