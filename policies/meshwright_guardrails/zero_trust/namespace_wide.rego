# METADATA
# title: no namespace is let in as a whole from another one
# description: name the callers, or say why with `because`; whoever may create pods there gets in
package meshwright.zero_trust.namespace_wide

deny contains finding if {
	some position in input.access.index.allows_by_kind.namespace
	edge := input.access.allows[position]
	edge.from.namespace != edge.to.namespace
	edge.because == ""
	finding := {
		"msg": sprintf("every workload of namespace `%s` reaches `%s` of another namespace", [edge.from.namespace, edge.to.key]),
		"node": edge.rule,
	}
}
