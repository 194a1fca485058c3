"""Terms, doors and rules as canonical text on one line: what messages, access tables and reports show."""

from meshwright.ir import syntax


def rule_text(rule: syntax.RuleStatement) -> str:
    """`allow web -> orders { GET "/v1/{id}" }`, without `until` and `because`."""
    return f"{rule.effect} {sources_text(rule.sources)} -> {targets_text(rule.targets)}{doors_text(rule.doors)}"


def claim_text(claim: syntax.ClaimLine) -> str:
    """One line of an invariant or a test, as the language spells it."""
    sources, targets, doors = sources_text(claim.sources), targets_text(claim.targets), doors_text(claim.doors)
    if claim.kind == "only-from":
        return f"to {targets} only from {sources}{doors}"
    if claim.kind == "only-to":
        return f"from {sources} only to {targets}{doors}"
    if claim.kind in ("expect-allow", "expect-deny"):
        return f"{claim.kind.replace('-', ' ')} {sources} -> {targets}{doors}"
    return f"never {sources} {'reaches' if claim.kind == 'never-reaches' else '->'} {targets}{doors}"


def sources_text(terms: tuple[syntax.SourceTerm, ...]) -> str:
    return source_text(terms[0]) if len(terms) == 1 else ", ".join([source_text(term) for term in terms])


def targets_text(terms: tuple[syntax.TargetTerm, ...]) -> str:
    return target_text(terms[0]) if len(terms) == 1 else ", ".join([target_text(term) for term in terms])


def source_text(term: syntax.SourceTerm) -> str:
    name = name_text(term.name) if term.name is not None else ""
    kind = term.kind
    if kind == "name":
        return name
    if kind == "clients":
        return f"clients of {name}" + (f" port {term.port.value}" if term.port is not None else "")
    if kind == "unidentified":
        return "unidentified" + (" from " + ", ".join([cidr.text for cidr in term.cidrs]) if term.cidrs else "")
    return {"any-workload": "any workload", "anyone": "anyone", "clients-any": "clients of any gateway"}.get(kind) or f"{kind} {name}"


def target_text(term: syntax.TargetTerm) -> str:
    name = name_text(term.name) if term.name is not None else ""
    kind = term.kind
    if kind == "name":
        return name
    if kind == "namespace":
        return f"namespace {name}"
    if kind == "pods":
        return f"pods of {name}"
    return {"any-service": "any service", "pods-any-service": "pods of any service"}.get(kind, "pods of any workload")


def doors_text(doors: tuple[syntax.Door, ...] | None) -> str:
    """ "" without braces, else " { … }"."""
    return "" if doors is None else " { " + "; ".join([door_text(door) for door in doors]) + " }"


def door_text(door: syntax.Door) -> str:
    port, methods, path, call, _ = door
    text = ""
    if port is not None:
        text = f"port {port.value if isinstance(port, syntax.Number) else name_text(port)} "
    if call is not None:
        text += f'call "{call.text}" '
    if methods:
        text += (methods[0].text if len(methods) == 1 else ", ".join([method.text for method in methods])) + " "
    if path is not None:
        text += f'"{path.text}" ' if methods else f'path "{path.text}" '
    return text[:-1]


def name_text(name: syntax.Name) -> str:
    text = f'"{name.text}"' if name.quoted else name.text
    return text if name.namespace is None else f"{name.namespace}/{name.text}"
