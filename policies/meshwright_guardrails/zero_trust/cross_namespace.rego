# METADATA
# title: a grant across namespaces says why
# description: add `because` with the reason, for whoever reviews it next year
package meshwright.zero_trust.cross_namespace

warn contains finding if {
	some position in input.access.index.allows_by_because[""]
	edge := input.access.allows[position]
	edge.from.kind == "identity"
	edge.from.namespace != edge.to.namespace
	finding := {
		"msg": sprintf("`%s` reaches into namespace `%s` without a reason", [edge.from.identity, edge.to.namespace]),
		"node": edge.rule,
	}
}
