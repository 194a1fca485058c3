# METADATA
# title: no service is open to the whole mesh without HTTP terms
# description: name the callers, or say which methods and paths everybody may use
# related_resources:
# - ref: https://istio.io/latest/docs/ops/best-practices/security/#use-default-deny-patterns
package meshwright.zero_trust.any_workload

deny contains finding if {
	some position in input.access.index.allows_by_kind["any-workload"]
	edge := input.access.allows[position]
	edge.to.kind == "service"
	not edge.http.narrowed
	finding := {
		"msg": sprintf("every workload of the mesh reaches everything at `%s` port %d", [edge.to.key, edge.to.port]),
		"node": edge.id,
	}
}
