package meshwright.zero_trust.unidentified_test

import data.meshwright.zero_trust.fixtures_test as f
import data.meshwright.zero_trust.unidentified as guardrail

edge(until) := object.union(f.edge(object.union(f.anybody, {"kind": "unidentified"}), f.to("agent", 80, "http"), f.no_terms), {"until": until})

test_fires_without_end if {
	count(guardrail.deny) == 1 with input as f.with_edge(edge(""))
}

test_silent_with_end if {
	count(guardrail.deny) == 0 with input as f.with_edge(edge("2027-03-31"))
}
