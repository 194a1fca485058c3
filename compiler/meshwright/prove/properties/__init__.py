"""The obligations, one file each, in the order of design: each takes a ``Case`` and gives the verdicts that do not hold."""

from meshwright.prove.properties.complete import complete
from meshwright.prove.properties.covered import covered
from meshwright.prove.properties.sealed import sealed
from meshwright.prove.properties.sound import sound
from meshwright.prove.properties.transport import transport

__all__ = ["complete", "covered", "sealed", "sound", "transport"]
