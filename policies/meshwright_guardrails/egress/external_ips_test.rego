package meshwright.egress.external_ips_test

import data.meshwright.egress.external_ips as guardrail
import data.meshwright.egress.fixtures_test as f

service(ips) := f.service({"external_ips": ips})

test_fires if {
	count(guardrail.deny) > 0 with input as service(["192.0.2.7"])
}

test_silent if {
	count(guardrail.deny) == 0 with input as service([])
}
