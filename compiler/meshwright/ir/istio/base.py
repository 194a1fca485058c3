"""What every emitted object shares."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
LabelValue = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63)]
PortText = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,4}$")]  # Istio writes ports of policies as strings


class Strict(BaseModel):
    """Unknown fields are errors: what is not modelled is not emitted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Metadata(Strict):
    name: Name
    namespace: Name
    labels: dict[str, LabelValue] = {}
    annotations: dict[str, str] = {}


class MatchLabels(Strict):
    """INVARIANT: never empty; `selector: {}` attaches to nothing in ambient (istio-semantics 2.5)."""

    matchLabels: Annotated[dict[str, LabelValue], Field(min_length=1)]
