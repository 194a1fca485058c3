# METADATA
# title: a rule for an HTTP service says which requests
# description: add methods and paths in braces
# custom:
#   severity: info
package meshwright.ambient.connection_only

warn contains finding if {
	some position in input.access.index.allows_by_entry.mesh
	edge := input.access.allows[position]
	edge.to.kind == "service"
	edge.to.http
	not edge.http.narrowed
	edge.from.kind == "identity"
	finding := {
		"msg": sprintf("`%s` may send every request to `%s`", [edge.from.identity, edge.to.key]),
		"node": edge.rule,
	}
}
