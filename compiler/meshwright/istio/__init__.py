"""The model of Istio: what a set of objects lets in, written from Istio's documented and recorded behaviour.

A stranger to ``lower``: the proof is worth something only while the two never see each other.
"""

from meshwright.istio.model import model

__all__ = ["model"]
