package meshwright.ambient.foreign_waypoint_test

import data.meshwright.ambient.foreign_waypoint as guardrail

spaces(owner) := {"intent": {
	"namespaces": [{"id": "namespace shop", "name": "shop", "owner": "team-shop", "waypoint": {"kind": "shared", "name": "edge/shared"}}],
	"index": {"namespace_by_name": {"edge": {"owner": owner}}},
}}

test_fires if {
	count(guardrail.warn) > 0 with input as spaces("team-platform")
}

test_silent if {
	count(guardrail.warn) == 0 with input as spaces("team-shop")
}
