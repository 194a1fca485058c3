# METADATA
# title: access without an identity ends one day
# description: add `until` with the day by which the caller gets an identity
package meshwright.zero_trust.unidentified

deny contains finding if {
	some position in input.access.index.allows_by_kind.unidentified
	edge := input.access.allows[position]
	edge.until == ""
	finding := {
		"msg": sprintf("callers without identity reach the pods of `%s` for ever", [edge.to.key]),
		"node": edge.rule,
	}
}
