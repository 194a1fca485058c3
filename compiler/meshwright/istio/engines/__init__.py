"""The three proxies that judge one AuthorizationPolicy in three ways (istio-semantics 0.1)."""
