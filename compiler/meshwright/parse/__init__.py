"""Text to tree: ``parse(source)``.  The grammar is in ``meshwright_grammar``; nothing here imports Lark."""

from meshwright.parse.module import parse

__all__ = ["parse"]
