package meshwright.egress.external_name_test

import data.meshwright.egress.external_name as guardrail
import data.meshwright.egress.fixtures_test as f

service(type) := f.service({"type": type})

test_fires if {
	count(guardrail.warn) > 0 with input as service("ExternalName")
}

test_silent if {
	count(guardrail.warn) == 0 with input as service("ClusterIP")
}
