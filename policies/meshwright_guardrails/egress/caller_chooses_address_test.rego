package meshwright.egress.caller_chooses_address_test

import data.meshwright.egress.caller_chooses_address as guardrail
import data.meshwright.egress.fixtures_test as f

entry(resolution) := f.entry({"resolution": resolution})

test_fires if {
	count(guardrail.deny) > 0 with input as entry("NONE")
}

test_silent if {
	count(guardrail.deny) == 0 with input as entry("DNS")
}
