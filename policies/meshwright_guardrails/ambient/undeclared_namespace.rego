# METADATA
# title: every namespace of the mesh is declared
# description: "declare it: `namespace NAME { enforce no until … because … }`, and enforce it when its rules are written"
# related_resources:
# - ref: https://istio.io/latest/docs/ambient/usage/add-workloads/
package meshwright.ambient.undeclared_namespace

warn contains finding if {
	some space in input.inventory.namespaces
	space.labels["istio.io/dataplane-mode"] == "ambient"
	not declared[space.name]
	finding := {
		"msg": sprintf("the namespace `%s` is in the mesh, and nothing is said about it", [space.name]),
		"node": space.id,
	}
}

declared[name] := true if some name, _ in input.intent.index.namespace_by_name
