# METADATA
# title: no port is taken out of capture
# description: remove the annotation, and allow the callers
# related_resources:
# - ref: https://istio.io/latest/docs/reference/config/annotations/
package meshwright.ambient.excluded_port

deny contains finding if {
	some workload in input.inventory.workloads
	some port in workload.excluded_inbound
	input.intent.index.namespace_by_name[workload.namespace]
	finding := {
		"msg": sprintf("port %d of `%s/%s` is open past the mesh", [port, workload.namespace, workload.name]),
		"node": workload.id,
	}
}
