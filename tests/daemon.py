"""A double of the Docker daemon that answers a ping and nothing else."""

import http.server
import threading
from types import TracebackType
from typing import Self


class _Ping(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        self.end_headers()
        self.wfile.write(b'{"ApiVersion": "1.41", "Version": "20.10"}' if "version" in self.path else b"OK")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
        pass


class Daemon:
    """Listens on a port of this machine while the block runs."""

    def __init__(self) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Ping)
        self.address = f"tcp://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
