package meshwright.zero_trust.cross_namespace_test

import data.meshwright.zero_trust.cross_namespace as guardrail
import data.meshwright.zero_trust.fixtures_test as f

edge(namespace, because) := object.union(f.edge(f.caller(namespace, "job"), f.to("web", 80, "http"), f.no_terms), {"because": because})

test_fires_across if {
	count(guardrail.warn) == 1 with input as f.with_edge(edge("batch", ""))
}

test_silent_inside if {
	count(guardrail.warn) == 0 with input as f.with_edge(edge("shop", ""))
}

test_silent_with_reason if {
	count(guardrail.warn) == 0 with input as f.with_edge(edge("batch", "nightly report"))
}
