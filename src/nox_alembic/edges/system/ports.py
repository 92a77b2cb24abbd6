"""TCP ports of this machine."""

import socket
import sys


def is_free(host: str, port: int) -> bool:
    """Return whether a server could listen there now.

    Port 0 means any port, and is always free.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as candidate:
        if sys.platform != "win32":  # there it would allow to take the port of a program that runs
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that is free now; another program may take it before it is used."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
        candidate.bind((host, 0))
        return int(candidate.getsockname()[1])


def reachable(host: str) -> str:
    """Return where a client on this machine connects to what is published on `host`."""
    return "127.0.0.1" if host in {"", "0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
