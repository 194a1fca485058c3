"""How much input is read: a hostile file is refused before it costs memory or time."""

FILE_BYTES = 16 << 20
TOTAL_BYTES = 512 << 20
FILES = 200_000
DOCUMENTS = 200_000  # in one file
DEPTH = 64  # mappings and lists inside each other; Kubernetes' own types stay below 30
ALIAS_NODES = 100_000  # what the aliases of one document may stand for, all together
FOLDER_DEPTH = 32
