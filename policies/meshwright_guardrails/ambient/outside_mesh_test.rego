package meshwright.ambient.outside_mesh_test

import data.meshwright.ambient.fixtures_test as f
import data.meshwright.ambient.outside_mesh as guardrail

workload(capture) := f.workload({"capture": capture, "capture_reason": "hostNetwork: true"})

test_fires if {
	count(guardrail.deny) > 0 with input as workload("outside")
}

test_silent if {
	count(guardrail.deny) == 0 with input as workload("ambient")
}
