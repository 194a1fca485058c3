"""All YAML that comes in: cluster objects, other people's Istio objects, trees to judge.  Reads files."""

from meshwright.inventory.folder import read_folder
from meshwright.inventory.hints import read_hints
from meshwright.inventory.meshconfig import read_meshconfig
from meshwright.inventory.places import place_in
from meshwright.inventory.reading import read_inventory
from meshwright.inventory.tree import read_tree

__all__ = ["place_in", "read_folder", "read_hints", "read_inventory", "read_meshconfig", "read_tree"]
