# METADATA
# title: no workload sends its traffic past the mesh
# description: remove the annotation, and give the destination a ServiceEntry
# related_resources:
# - ref: https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/#direct-access-to-external-services
package meshwright.egress.bypass

deny contains finding if {
	some workload in input.inventory.workloads
	some name, value in workload.annotations
	name in {
		"traffic.sidecar.istio.io/excludeOutboundIPRanges", "traffic.sidecar.istio.io/excludeOutboundPorts",
		"traffic.sidecar.istio.io/includeOutboundIPRanges",
	}
	value != "*"
	finding := {
		"msg": sprintf("`%s/%s` sends some of its traffic past the mesh (`%s`)", [workload.namespace, workload.name, name]),
		"node": workload.id,
	}
}
