"""A file tree becomes a folder, or one commit in a GitOps repository.  Writes files and runs git.

Only files that the lock in the same folder lists with the same hash are ever replaced or deleted.
"""

from meshwright.publish.commit import Published, publish
from meshwright.publish.folder import Written, compare, write
from meshwright.publish.revision import SourceRevision, source_revision
from meshwright.publish.snapshot import Snapshot, snapshot

__all__ = ["Published", "Snapshot", "SourceRevision", "Written", "compare", "publish", "snapshot", "source_revision", "write"]
