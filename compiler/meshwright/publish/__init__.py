"""A file tree becomes a folder, or one commit in a GitOps repository.  Writes files and runs git.

Only files that the lock in the same folder lists with the same hash are ever replaced or deleted.
"""

from meshwright.publish.checkout import Difference, differences, projects
from meshwright.publish.commit import Published, publish
from meshwright.publish.folder import Written, compare, write
from meshwright.publish.revision import SourceRevision, source_revision
from meshwright.publish.snapshot import Snapshot, snapshot

__all__ = [
    "Difference", "Published", "Snapshot", "SourceRevision", "Written", "compare", "differences", "projects", "publish", "snapshot",
    "source_revision", "write",
]
