"""Writes revision files and the files that go with them.

A revision has what the models have beyond a clean shadow database.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from nox_alembic.core.config import Config
from nox_alembic.core.copies.siblings import name_of
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.changes import NewFile
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.steps.revisions import (
    DropShadow,
    MakeShadow,
    NoteRebase,
    ReplaceFile,
    RevisionStep,
    WriteMerge,
    WriteRevision,
)
from nox_alembic.core.verbs.targets import shown_path
from nox_alembic.edges.project import files, head_file, revisions
from nox_alembic.report import Reporter
from nox_alembic.run.acts.siblings import new_mark
from nox_alembic.run.ports import DONE, Dropping, Migrations, ProjectFiles, Server, Siblings


@frozen(kw_only=True)
class Revisions:
    """The act of the steps that write files of the project.

    `note_file` writes into the undo log which file a verb is about to change. It takes
    the verb, the path, and the content before and after.
    """

    config: Config
    configuration: Configuration
    reread: Callable[[], History]
    address: Callable[[], DatabaseAddress]
    server: Server
    siblings: Siblings
    dropping: Dropping
    migrations: Callable[[], Migrations]
    files: ProjectFiles
    note_file: Callable[[str, Path, bytes | None, bytes], None]
    report: Reporter

    def do(self, step: RevisionStep) -> str:
        """Do the step and return how it went."""
        match step:
            case MakeShadow():
                self._make_shadow()
            case DropShadow():
                self.dropping.drop_soon(self.address(), [self._shadow.name])
            case WriteRevision():
                return self._write_revision(step)
            case WriteMerge():
                self._write_merge(step)
            case ReplaceFile(path, before, after):
                self.files.replace(Path(path), before, after)
                self.report.written(shown_path(self.config, Path(path)))
            case NoteRebase(name):
                self.server.write_note(self.address(), "rebase", name)
            case _:
                assert_never(step)
        return DONE

    @property
    def _shadow(self) -> DatabaseAddress:
        address = self.address()
        return replace(address, name=name_of(address.name, "shadow"))

    def _make_shadow(self) -> None:
        address = self.address()
        shadow = self.siblings.create(address, new_mark(address, "shadow", self.config.environment, self.report.verb))
        self.migrations().upgrade(self.configuration, shadow, "heads", lambda _: None)

    def _write_revision(self, step: WriteRevision) -> str:
        address = None if step.empty else self._shadow
        draft = self.migrations().draft(
            self.configuration, address, step.message, step.head, autogenerate=not step.empty
        )
        for file in draft.files:
            self.files.write_revision(self._place_of(file), file.text)
        head = self.files.write_head(self.reread().heads) if draft.files else None
        files = (replace(file, path=shown_path(self.config, self._place_of(file))) for file in draft.files)
        shown = replace(draft, files=tuple(files))
        self.report.drafted(shown, step.message, shown_path(self.config, head) if head else "")
        return DONE if draft.files else "no changes, no file"

    def _write_merge(self, step: WriteMerge) -> None:
        file = self.migrations().merge(self.configuration, step.id, step.heads, step.message)
        path = self._place_of(file)
        self.note_file("merge", path, None, file.text.encode())
        self.files.write_revision(path, file.text)
        self.report.written(shown_path(self.config, path))

    def _place_of(self, file: NewFile) -> Path:
        return Path(os.path.normpath(self.configuration.folder / file.path))


@frozen
class Files:
    """The project's files on disk."""

    configuration: Configuration

    def write_revision(self, path: Path, text: str) -> None:
        """Write a new revision file."""
        revisions.write(path, text)

    def write_head(self, heads: Sequence[str]) -> Path | None:
        """Write the head file; return it, None if Alembic's folder is in a package."""
        folder = revisions.script_folder(self.configuration)
        return head_file.write(folder, heads) if folder else None

    def replace(self, path: Path, before: bytes | None, after: bytes | None) -> None:
        """Write `after` in place of `before`; None is no file."""
        files.replace(path, before, after)
