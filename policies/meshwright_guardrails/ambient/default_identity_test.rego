package meshwright.ambient.default_identity_test

import data.meshwright.ambient.default_identity as guardrail
import data.meshwright.ambient.fixtures_test as f

workload(account) := f.workload({"account": account})

test_fires if {
	count(guardrail.warn) > 0 with input as workload("default")
}

test_silent if {
	count(guardrail.warn) == 0 with input as workload("web")
}
