package meshwright.zero_trust.any_workload_pods_test

import data.meshwright.zero_trust.any_workload_pods as guardrail
import data.meshwright.zero_trust.fixtures_test as f

pods := object.union(f.to("web", 80, "http"), {"kind": "pods"})

test_fires_for_pods if {
	count(guardrail.deny) == 1 with input as f.with_edge(f.edge(f.anybody, pods, f.no_terms))
}

test_silent_for_a_named_caller if {
	count(guardrail.deny) == 0 with input as f.with_edge(f.edge(f.caller("monitoring", "prometheus"), pods, f.no_terms))
}
