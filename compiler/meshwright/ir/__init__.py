"""The types that flow between rooms.  No behaviour beyond what a type means.

Records are ``typing.NamedTuple`` (docs/decisions/0001-records.md).  INVARIANT: members of one union carry a ``kind``
or differ in shape, because tuples of different types compare equal when their values do.
"""
