# METADATA
# title: a rule does not let everybody of a group call everybody
# description: write one rule for each call that is really made
package meshwright.zero_trust.all_to_all

callers[edge.rule] contains edge.from.identity if {
	some edge in input.access.allows
	edge.from.kind == "identity"
}

called[edge.rule] contains identity if {
	some edge in input.access.allows
	some key in edge.to.services
	some identity in input.intent.index.service_by_id[key].identities
}

warn contains finding if {
	some rule in input.intent.rules
	group := callers[rule.id]
	count(group) > 2
	group == called[rule.id]
	finding := {
		"msg": sprintf("the rule lets %d services call each other, each way", [count(group)]),
		"node": rule.id,
	}
}
