package meshwright.ambient.undeclared_namespace_test

import data.meshwright.ambient.undeclared_namespace as guardrail

space(names) := {
	"inventory": {"namespaces": [{"id": "Namespace batch", "name": "batch", "labels": {"istio.io/dataplane-mode": "ambient"}}]},
	"intent": {"index": {"namespace_by_name": {name: {} | some name in names}}},
}

test_fires if {
	count(guardrail.warn) > 0 with input as space(["shop"])
}

test_silent if {
	count(guardrail.warn) == 0 with input as space(["batch", "shop"])
}
