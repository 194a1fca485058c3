"""Meshwright: intent about a service mesh in, proved Istio configuration out."""

__version__ = "0.1.0"
