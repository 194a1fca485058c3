# METADATA
# title: a namespace of the mesh has no sidecars left
# description: remove the injection label, and restart the workload
# related_resources:
# - ref: https://istio.io/latest/docs/ambient/migrate/
package meshwright.ambient.sidecar

warn contains finding if {
	some workload in input.inventory.workloads
	workload.capture == "sidecar"
	input.intent.index.namespace_by_name[workload.namespace]
	finding := {
		"msg": sprintf("`%s/%s` still has a sidecar", [workload.namespace, workload.name]),
		"node": workload.id,
	}
}
