# METADATA
# title: a path is not protected by a deny alone
# description: allow the paths that callers need; a spelling that the proxy does not normalize (%2f, a matrix parameter) passes a deny and fails an allow
# related_resources:
# - ref: https://istio.io/latest/docs/ops/best-practices/security/#understand-path-normalization-in-authorization-policy
package meshwright.zero_trust.deny_by_path

warn contains finding if {
	some edge in input.access.denies
	edge.http.narrowed
	not edge.http.path.any
	some position in input.access.index.open_allows_by_destination[edge.to.key]
	open := input.access.allows[position]
	open.to.kind == edge.to.kind
	open.to.port == edge.to.port
	finding := {
		"msg": sprintf("`%s` of `%s` is closed only by a deny, and `%s` opens every path", [edge.http.path.text, edge.to.key, open.rule]),
		"node": edge.rule,
	}
}
