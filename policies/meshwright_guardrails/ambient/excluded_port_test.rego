package meshwright.ambient.excluded_port_test

import data.meshwright.ambient.excluded_port as guardrail
import data.meshwright.ambient.fixtures_test as f

workload(ports) := f.workload({"excluded_inbound": ports})

test_fires if {
	count(guardrail.deny) > 0 with input as workload([9090])
}

test_silent if {
	count(guardrail.deny) == 0 with input as workload([])
}
