# METADATA
# title: a ServiceEntry is visible where it belongs
# description: "write `exportTo: [\".\"]`, or the namespaces that need it"
# related_resources:
# - ref: https://istio.io/latest/docs/ops/best-practices/traffic-management/#cross-namespace-configuration
package meshwright.egress.exported_to_everybody

deny contains finding if {
	some entry in input.inventory.foreign
	entry.kind == "ServiceEntry"
	entry.namespace != input.intent.mesh.root_namespace
	to := object.get(entry.contents.spec, "exportTo", ["*"])
	everybody(to)
	finding := {
		"msg": sprintf("the ServiceEntry `%s/%s` tells every namespace where `%s` is", [
			entry.namespace, entry.name,
			concat("`, `", entry.contents.spec.hosts),
		]),
		"node": entry.id,
	}
}

everybody(to) if "*" in to

everybody(to) if count(to) == 0
