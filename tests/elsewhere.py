"""Runs the tool where another server answers at the address of its own.

The port is the same, and the view is that of another machine.

A network namespace has its own 127.0.0.1. The tool in it finds processes, files and the
Docker socket as they are. On one port it finds a forwarder, which leads through a Unix
socket to a thread here, and on to another server.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

# Not from tests.users: this file is run as a program, too.
IS_ROOT = os.geteuid() == 0
NAMESPACE = ["unshare", "--net"] if IS_ROOT else ["unshare", "--user", "--map-root-user", "--net"]


@contextlib.contextmanager
def forwarded(port: int, target: int, folder: Path) -> Iterator[Sequence[str]]:
    """Yield the words before a command that run it where 127.0.0.1:`port` leads to 127.0.0.1:`target` of here."""
    path = folder / "forward"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=_serve, args=(listener, ("127.0.0.1", target)), daemon=True).start()
        yield [*NAMESPACE, sys.executable, __file__, str(port), str(path)]
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    path.unlink()


def _serve(listener: socket.socket, target: tuple[str, int] | str) -> None:
    """Lead each connection on to the target until the listener is closed."""
    with contextlib.suppress(OSError):
        while True:
            threading.Thread(target=_lead, args=(listener.accept()[0], target), daemon=True).start()


def _lead(inner: socket.socket, target: tuple[str, int] | str) -> None:
    family = socket.AF_UNIX if isinstance(target, str) else socket.AF_INET
    with inner, socket.socket(family) as outer:
        outer.connect(target)
        back = threading.Thread(target=_pump, args=(outer, inner), daemon=True)
        back.start()
        _pump(inner, outer)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(65536):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)


def _run_inside(port: int, path: str, words: Sequence[str]) -> int:
    """In the new namespace: bring its loopback up, forward, and run the words."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with socket.create_server(("127.0.0.1", port)) as listener:
        threading.Thread(target=_serve, args=(listener, path), daemon=True).start()
        return subprocess.call(words, env=os.environ)


if __name__ == "__main__":
    sys.exit(_run_inside(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
