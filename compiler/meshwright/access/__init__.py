"""The algebra of request sets.  Knows nothing of Istio: only dimensions, patterns, expressions over them, and witnesses."""
