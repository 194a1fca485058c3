# METADATA
# title: a namespace without enforcement says why and until when
# description: add `until` and `because` behind `enforce no`, or enforce it
package meshwright.zero_trust.open_namespace

warn contains finding if {
	some namespace in input.intent.namespaces
	not namespace.enforce
	missing := [word |
		some word, value in {"because": namespace.because, "until": namespace.until}
		value == ""
	]
	count(missing) > 0
	finding := {
		"msg": sprintf("the namespace `%s` is open to everyone, without `%s`", [namespace.name, concat("` and `", missing)]),
		"node": namespace.id,
	}
}
