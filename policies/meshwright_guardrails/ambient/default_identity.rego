# METADATA
# title: no workload of an enforced namespace runs as `default`
# description: give it a service account of its own
# related_resources:
# - ref: https://istio.io/latest/docs/concepts/security/#istio-identity
package meshwright.ambient.default_identity

warn contains finding if {
	some workload in input.inventory.workloads
	workload.account == "default"
	workload.capture != "outside"
	input.intent.index.namespace_by_name[workload.namespace].enforce
	finding := {
		"msg": sprintf("`%s/%s` runs as `default`, as every pod does that names no account", [workload.namespace, workload.name]),
		"node": workload.id,
	}
}
