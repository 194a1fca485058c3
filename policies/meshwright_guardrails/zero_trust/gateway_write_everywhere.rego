# METADATA
# title: whoever a gateway lets in may not write to every path
# description: name the paths that clients may change
package meshwright.zero_trust.gateway_write_everywhere

writing := {"DELETE", "PATCH", "PUT"}

warn contains finding if {
	some position in input.access.index.allows_by_entry.gateway
	edge := input.access.allows[position]
	edge.http.narrowed
	edge.http.path.any
	methods := writing & {method | some method in edge.http.methods}
	count(methods) > 0
	finding := {
		"msg": sprintf("clients of `%s` may send %s to every path of `%s`", [edge.from.gateway, concat(", ", sort(methods)), edge.to.key]),
		"node": edge.rule,
	}
}
