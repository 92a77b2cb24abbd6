"""How a migration's session names itself, and how long it waits for a lock.

Both hold whatever env.py and the driver do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = "pg_catalog.set_config('application_name', '{}', false)"
_LIMIT = """
CASE (SELECT source FROM pg_catalog.pg_settings WHERE name = 'lock_timeout')
     WHEN 'default' THEN pg_catalog.set_config('lock_timeout', '{}', false) END
"""
_OWN_LIMIT = re.compile(r"lock[_-]timeout=([\w.]+)")


@dataclass(frozen=True)
class Session:
    """The name of the session, and its lock_timeout as PostgreSQL writes it.

    Each is "" where the session's own holds.
    """

    application: str = ""
    lock_timeout: str = ""

    @classmethod
    def of(cls, application: str, seconds: int, environ: Mapping[str, str]) -> Session:
        """Return the session that waits `seconds` for a lock.

        What the user's own PGOPTIONS say of it comes first.
        """
        own = _OWN_LIMIT.search(environ.get("PGOPTIONS", ""))
        return cls(application, own.group(1) if own else f"{seconds}s" if seconds else "")

    def variables(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that tell it to libpq.

        Drivers that are made of libpq read them, and programs that env.py starts.
        """
        options = inherited.get("PGOPTIONS", "")
        if self.lock_timeout and not _OWN_LIMIT.search(options):
            options = f"{options} -c lock_timeout={self.lock_timeout}".lstrip()
        variables = {"PGAPPNAME": self.application, "PGOPTIONS": options}
        return {name: value for name, value in variables.items() if value}

    @property
    def sql(self) -> str:
        """An expression that tells it to a session that is open.

        Not every driver is made of libpq. Where env.py has given the session a limit,
        that stays.
        """
        told = [_LIMIT.format(self.lock_timeout)] * bool(self.lock_timeout)
        told += [_NAME.format(self.application)] * bool(self.application)
        return f"pg_catalog.concat({', '.join(told)})" if told else "NULL"
