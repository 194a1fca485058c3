# METADATA
# title: access without an identity ends one day
# description: add `until` with the day by which the caller gets an identity
package meshwright.zero_trust.unidentified

deny contains finding if {
	some edge in input.access.allows
	edge.from.kind == "unidentified"
	edge.until == ""
	finding := {
		"msg": sprintf("callers without identity reach the pods of `%s` for ever", [edge.to.key]),
		"node": edge.rule,
	}
}
