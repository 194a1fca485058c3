"""Codes of writing a folder and publishing a commit."""

from meshwright.diagnostics.codes import Code

CODES: tuple[Code, ...] = (
    Code("MW0750", "foreign-file", "a file of somebody else stands in the folder"),
    Code("MW0751", "edited-by-hand", "a file of ours was edited by hand"),
    Code("MW0753", "not-a-folder", "the way to the folder leads through a file, link or submodule"),
    Code("MW0754", "bad-file-name", "a path cannot be written on every system"),
    Code("MW0755", "drift", "the folder is not what the sources mean"),
    Code("MW0756", "cannot-write", "the system refused to read or write the folder"),
    Code("MW0760", "no-remote", "no GitOps repository is configured"),
    Code("MW0761", "remote-not-supported", "a form of remote that this version cannot publish to"),
    Code("MW0762", "remote-missing", "there is no GitOps repository at the remote"),
    Code("MW0763", "branch-missing", "the GitOps repository has no such branch"),
    Code("MW0764", "lost-race", "somebody else pushed first, every time"),
    Code("MW0765", "push-refused", "the GitOps repository refused the push"),
    Code("MW0766", "git-failed", "git failed for another reason"),
    Code("MW0767", "no-git", "there is no git, or one that is too old"),
    Code("MW0770", "no-source-repository", "the sources are in no git repository"),
    Code("MW0771", "uncommitted-inputs", "inputs are not committed"),
    Code("MW0772", "no-source-commit", "the repository of the sources has no commit yet"),
    Code("MW0773", "no-revision", "the repository of the sources has no such revision"),
    Code("MW0774", "snapshot-too-large", "the project is too large at the revision to compare with"),
)
