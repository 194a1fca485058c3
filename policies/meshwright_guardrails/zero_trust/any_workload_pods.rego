# METADATA
# title: no pod is open to the whole mesh by its address
# description: name the callers; pods reached by address pass no waypoint, so nothing can narrow the requests
package meshwright.zero_trust.any_workload_pods

deny contains finding if {
	some position in input.access.index.allows_by_kind["any-workload"]
	edge := input.access.allows[position]
	edge.to.kind == "pods"
	finding := {
		"msg": sprintf("every workload of the mesh reaches the pods of `%s` by their addresses", [edge.to.key]),
		"node": edge.rule,
	}
}
