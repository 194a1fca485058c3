package meshwright.egress.bypass_test

import data.meshwright.egress.bypass as guardrail

workload(annotations) := {"inventory": {"workloads": [{"id": "Deployment shop/web", "namespace": "shop", "name": "web", "annotations": annotations}]}}

test_fires if {
	count(guardrail.deny) > 0 with input as workload({"traffic.sidecar.istio.io/excludeOutboundPorts": "443"})
}

test_silent if {
	count(guardrail.deny) == 0 with input as workload({"traffic.sidecar.istio.io/includeOutboundIPRanges": "*"})
}
