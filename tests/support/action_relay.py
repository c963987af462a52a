"""Stands between Rasa and the real action server, and does on demand what broken servers do."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = ("refuse", "hang", "error", "garbage", "wrong_shape", "raise", "cut")


class ActionRelay:
    """`fault` is None (passes everything on), or one of `FAULTS`; `calls` counts what arrived.

    refuse: nobody listens · hang: never answers · error: 500 with the request in its body, as the SDK
    does · garbage: no JSON · wrong_shape: JSON that is no answer · raise: the real SDK gets a call on
    which it raises · cut: the connection breaks once, then all is well.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.calls = 0
        self._fault: str | None = None
        self._released = threading.Event()
        self._server = self._listen(0)
        self.port = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def fault(self) -> str | None:
        return self._fault

    @fault.setter
    def fault(self, fault: str | None) -> None:
        if self._fault == "hang":
            self._released.set()
            self._released = threading.Event()
        if "refuse" in (fault, self._fault) and fault != self._fault:
            if fault == "refuse":
                self.close()
            else:
                self._server = self._listen(self.port)
        self._fault = fault

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _listen(self, port: int) -> ThreadingHTTPServer:
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                relay.calls += 1
                relay._serve(self, body)

            def log_message(self, *arguments: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def _serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        match self._fault:
            case "hang":
                self._released.wait(60)
            case "cut":
                self._fault = None
            case "error":
                _reply(handler, 500, b'{"error": "broken", "request_body": ' + body + b"}")
            case "garbage":
                _reply(handler, 200, b'{"events": [' + body[:-5])
            case "wrong_shape":
                _reply(handler, 200, b'{"events": "none", "responses": [' + body + b"]}")
            case "raise":
                self._pass_on(handler, body.replace(b'"tracker"', b'"trackers"'))
            case _:
                self._pass_on(handler, body)

    def _pass_on(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.target_port, timeout=30)
        try:
            connection.request("POST", handler.path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            _reply(handler, answer.status, answer.read())
        except OSError:
            handler.close_connection = True
        finally:
            connection.close()


def _reply(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
