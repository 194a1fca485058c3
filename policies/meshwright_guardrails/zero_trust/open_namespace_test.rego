package meshwright.zero_trust.open_namespace_test

import data.meshwright.zero_trust.fixtures_test as f
import data.meshwright.zero_trust.open_namespace as guardrail

test_fires_without_both if {
	some finding in guardrail.warn with input as f.with_namespace({"because": "", "until": ""})
	finding.msg == "the namespace `old` is open to everyone, without `because` and `until`"
}

test_fires_without_end if {
	count(guardrail.warn) == 1 with input as f.with_namespace({"until": ""})
}

test_silent_with_reason_and_end if {
	count(guardrail.warn) == 0 with input as f.with_namespace({})
}

test_silent_when_enforced if {
	count(guardrail.warn) == 0 with input as f.with_namespace({"enforce": true, "because": "", "until": ""})
}
