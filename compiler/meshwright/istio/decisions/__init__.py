"""Concrete requests, one at a time: what a proxy decides, and which policy made it decide so."""

from meshwright.istio.decisions.decider import Decider, decider

__all__ = ["Decider", "decider"]
