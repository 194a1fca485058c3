# METADATA
# title: every workload of a declared namespace is in the mesh
# description: take `hostNetwork` away, or label the namespace
# related_resources:
# - ref: https://istio.io/latest/docs/ambient/usage/add-workloads/
package meshwright.ambient.outside_mesh

deny contains finding if {
	some workload in input.inventory.workloads
	workload.capture == "outside"
	input.intent.index.namespace_by_name[workload.namespace]
	finding := {
		"msg": sprintf("`%s/%s` is outside the mesh: %s", [workload.namespace, workload.name, workload.capture_reason]),
		"node": workload.id,
	}
}
