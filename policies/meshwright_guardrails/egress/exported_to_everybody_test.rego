package meshwright.egress.exported_to_everybody_test

import data.meshwright.egress.exported_to_everybody as guardrail
import data.meshwright.egress.fixtures_test as f

entry(to) := f.entry({"exportTo": to})

test_fires if {
	count(guardrail.deny) > 0 with input as entry(["*"])
}

test_silent if {
	count(guardrail.deny) == 0 with input as entry(["."])
}
