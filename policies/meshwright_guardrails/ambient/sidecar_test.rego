package meshwright.ambient.sidecar_test

import data.meshwright.ambient.fixtures_test as f
import data.meshwright.ambient.sidecar as guardrail

workload(capture) := f.workload({"capture": capture})

test_fires if {
	count(guardrail.warn) > 0 with input as workload("sidecar")
}

test_silent if {
	count(guardrail.warn) == 0 with input as workload("ambient")
}
