# METADATA
# title: a rule does not let everybody of a group call everybody
# description: write one rule for each call that is really made
package meshwright.zero_trust.all_to_all

warn contains finding if {
	some rule, positions in input.access.index.allows_by_shared_rule
	count(positions) > 5
	callers := {input.access.allows[position].from.identity | some position in positions}
	count(callers) > 2
	not "" in callers
	called := {identity |
		some position in positions
		some key in input.access.allows[position].to.services
		some identity in input.intent.index.service_by_id[key].identities
	}
	callers == called
	finding := {
		"msg": sprintf("the rule lets %d services call each other, each way", [count(callers)]),
		"node": rule,
	}
}
