"""The arguments of the command `alembic`, which env.py may look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.config import CommandLine

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable


def arguments(found: dict[str, Any], request: dict[str, Any]) -> Namespace:
    """Return `cmd_opts` as that command has it when it does what is asked for.

    `found` is the configuration of `project.read_config`.
    """
    # A word with its option in one: it may begin with a dash.
    options = [f"-n{found['section']}", *(f"-x{one}" for one in found["arguments"])]
    files = ["-c", found["ini"]] if found["ini"] else []
    return CommandLine(prog="alembic").parser.parse_args([*files, *options, *_words(request)])


def _words(request: dict[str, Any]) -> list[str]:
    words: dict[str, Callable[[], list[str]]] = {
        "probe": lambda: ["upgrade", "heads"],
        "upgrade": lambda: ["upgrade", request["target"]],
        "downgrade": lambda: ["downgrade", request["target"]],
        "sql": lambda: ["upgrade", ":".join(filter(None, (request["start"], request["target"]))), "--sql"],
        "draft": lambda: [
            "revision",
            f"--message={request['message']}",
            *["--autogenerate"] * request["autogenerate"],
            *["--head", request["head"]] * bool(request["head"]),
        ],
        "merge": lambda: ["merge", f"--message={request['message']}", *request["heads"]],
        "compare": lambda: ["check"],
        "table": lambda: ["current"],
        "history": lambda: ["history"],
    }
    return words[request["do"]]()
