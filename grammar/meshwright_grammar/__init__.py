"""The grammar of the language, as data: ``mesh.lark`` and the tables made from it."""
