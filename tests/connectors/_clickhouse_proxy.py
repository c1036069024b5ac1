"""A proxy in front of a ClickHouse server that hangs, breaks off or lies when a statement reads a certain table."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

SECRET_TEXT = "kanarie-4711"


@contextmanager
def proxy(port: int, fault: str, *, named: bytes) -> Iterator[int]:
    """The port of the proxy; only statements that read rows of a table of this name meet the fault."""
    pool = urllib3.PoolManager()
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {name: self.headers[name] for name in ("Authorization",) if name in self.headers}
            answer = pool.request("POST", f"http://127.0.0.1:{port}{self.path}", body=body, headers=kept)
            data = answer.data
            reads = named in body and b"`datagov 0`" in body
            self.send_response(answer.status)
            for name in ("X-ClickHouse-Exception-Code", "X-ClickHouse-Format"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            if reads and fault == "error inside":
                data = data[: len(data) // 2] + f"Code: 241. DB::Exception: {SECRET_TEXT} (MEMORY)".encode()
            if reads and fault == "garbage":
                data = f"<html>{SECRET_TEXT}</html>".encode() * 99
            self.send_header("Content-Length", str(len(data)))
            if reads and fault == "hang":
                ended.wait(60)
                return
            self.end_headers()
            if reads and fault == "slow":
                for at in range(0, len(data), len(data) // 8 + 1):
                    time.sleep(0.05)
                    self.wfile.write(data[at : at + len(data) // 8 + 1])
                return
            if reads and fault in ("reset", "short"):
                self.wfile.write(data[: len(data) // 2])
                self.wfile.flush()
                if fault == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                with suppress(OSError):
                    self.connection.close() if fault == "reset" else self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.wfile.write(data)

        def do_GET(self) -> None:
            self.do_POST()

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    running.handle_error = lambda *_: None  # type: ignore[method-assign]  # a broken pipe is what is wanted
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield running.server_port
    finally:
        ended.set()
        running.shutdown()
        running.server_close()


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
