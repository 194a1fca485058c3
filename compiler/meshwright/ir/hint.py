"""Who seems to call whom, by what YAML says in passing: for suggestions, never for a decision."""

from meshwright.record import NamedTuple


class Hint(NamedTuple):
    source: str  # "<namespace>/<name>" of a workload or a service account
    target: str  # id of a Service of the inventory
    ports: tuple[int, ...]  # of the Service; () = not said
    requests: tuple[str, ...]  # doors as the language writes them, for example `GET "/v1/orders"`; () = not said
    because: str  # "environment value CART_SERVICE_ADDR", "NetworkPolicy shop/orders"
    path: str
    line: int  # from 1
