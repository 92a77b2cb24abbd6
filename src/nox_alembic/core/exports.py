"""The variables that lead other programs to an environment, as a text."""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import urlsplit

from nox_alembic.core.facts import DatabaseAddress

Form = Literal["dotenv", "json", "sh", "powershell"]

# What no reader of a dotenv file takes for anything but itself.
_PLAIN = re.compile(r"[\w@%+=:,./-]*", re.ASCII)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n"}


def backend(url: str | None) -> dict[str, str]:
    """Return where the backend is, by the address of its health check."""
    if not url:
        return {}
    parts = urlsplit(url)
    port = {"BACKEND_PORT": str(parts.port)} if parts.port else {}
    return {"BACKEND_URL": f"{parts.scheme}://{parts.netloc}", **port}


def without_password(variables: Mapping[str, str], address: DatabaseAddress) -> dict[str, str]:
    """Return the variables as they may be logged."""
    return {**{name: value for name, value in variables.items() if name != "PGPASSWORD"}, "DATABASE_URL": address.shown}


def written(variables: Mapping[str, str], form: Form) -> str:
    """Return the variables as a text in that form."""
    if form == "json":
        return json.dumps(variables, indent=2) + "\n"
    line = _LINES[form]
    return "".join(f"{line(name, value)}\n" for name, value in variables.items())


def _dotenv(name: str, value: str) -> str:
    """Return a line that Compose and python-dotenv read alike.

    Between single quotes they take a text as it is.
    """
    if _PLAIN.fullmatch(value):
        return f"{name}={value}"
    if not re.search(r"['\\\n]", value):
        return f"{name}='{value}'"
    return f'{name}="{"".join(_ESCAPES.get(sign, sign) for sign in value)}"'


def _sh(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _powershell(name: str, value: str) -> str:
    doubled = value.replace("'", "''")
    return f"$env:{name} = '{doubled}'"


_LINES: Mapping[str, Callable[[str, str], str]] = {"dotenv": _dotenv, "sh": _sh, "powershell": _powershell}
