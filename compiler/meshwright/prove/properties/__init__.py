"""The obligations, one file each, in the order of design: each takes a ``Case`` and says what must hold there."""

from meshwright.prove.properties.complete import complete
from meshwright.prove.properties.covered import covered
from meshwright.prove.properties.sealed import sealed
from meshwright.prove.properties.sound import permitted_ways, sound
from meshwright.prove.properties.transport import transport

__all__ = ["complete", "covered", "permitted_ways", "sealed", "sound", "transport"]
