"""A file tree becomes a folder, or one commit in a GitOps repository.  Writes files and runs git.

Only files that the lock in the same folder lists with the same hash are ever replaced or deleted.
"""

from meshwright.publish.commit import Published, publish
from meshwright.publish.folder import Written, compare, write
from meshwright.publish.revision import SourceRevision, source_revision

__all__ = ["Published", "SourceRevision", "Written", "compare", "publish", "source_revision", "write"]
