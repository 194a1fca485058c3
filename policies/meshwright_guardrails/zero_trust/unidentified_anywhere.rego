# METADATA
# title: access without an identity comes from known addresses
# description: add `from` with the address ranges of the callers
package meshwright.zero_trust.unidentified_anywhere

warn contains finding if {
	some position in input.access.index.allows_by_kind.unidentified
	edge := input.access.allows[position]
	count(edge.from.cidrs) == 0
	finding := {
		"msg": sprintf("callers without identity reach the pods of `%s` from any address", [edge.to.key]),
		"node": edge.rule,
	}
}
