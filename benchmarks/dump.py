"""Write the documents of a rendered tree once more, with PyYAML's C dumper or with ours: `python -m benchmarks.dump DIR pyyaml|ours|load`.

The documents are kept as a marshalled list beside the tree, so that loading them costs both sides the same and next to nothing.
"""

import gc
import marshal
import sys
from pathlib import Path


def main(folder: str, how: str) -> None:
    gc.disable()
    cache = Path(folder).parent / "documents.marshal"
    if not cache.exists():
        import yaml

        documents = []
        for path in sorted(Path(folder).rglob("*.yaml")):
            if path.name != "kustomization.yaml":
                documents.extend(yaml.load_all(path.read_bytes(), yaml.CSafeLoader))
        cache.write_bytes(marshal.dumps(documents))
    documents = marshal.loads(cache.read_bytes())
    if how == "pyyaml":
        import yaml

        for document in documents:
            yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False)
    elif how == "ours":
        from meshwright.render.emit import Emitter

        emitter = Emitter()
        for document in documents:
            emitter.emit(document)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
