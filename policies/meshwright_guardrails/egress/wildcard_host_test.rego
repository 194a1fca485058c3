package meshwright.egress.wildcard_host_test

import data.meshwright.egress.fixtures_test as f
import data.meshwright.egress.wildcard_host as guardrail

entry(host) := f.entry({"hosts": [host]})

test_fires if {
	count(guardrail.deny) > 0 with input as entry("*.com")
}

test_silent if {
	count(guardrail.deny) == 0 with input as entry("*.example.com")
}
