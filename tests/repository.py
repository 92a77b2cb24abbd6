"""A project of another owner, in a git repository of its own."""

import subprocess

from tests.project import Project

ALONE = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgSign=false")


def git(project: Project, *words: str) -> str:
    """Run git in the project's folder, which must succeed, and return what it prints."""
    done = subprocess.run(["git", *WHO, *words], cwd=project.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(project: Project, message: str) -> str:
    """Commit all there is and return the commit's short name."""
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", message)
    return git(project, "rev-parse", "--short=10", "HEAD")


def make_repository(project: Project) -> None:
    """Make the project a repository with its branch main, and everything in it."""
    project.write(".gitignore", "__pycache__/\n")
    git(project, "init", "-q", "-b", "main")
    commit(project, "the project")
