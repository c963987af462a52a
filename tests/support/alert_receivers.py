"""A contact's end of an alert: a webhook and a mail server on loopback, which answer as they are told."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default

import uvicorn
from aiosmtpd.smtp import SMTP, AuthResult
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["MailServer", "WebhookServer", "mail_server", "refusing_port", "until", "webhook_server"]


@dataclass
class WebhookServer:
    """Receives webhooks.

    Attributes:
        secret: with which it checks signatures.
        statuses: of the next answers, the last one for all that follow; None never answers.
        requests: headers and body of those with a right signature.
        forged: how many had a wrong one.
    """

    secret: bytes
    port: int
    statuses: list = field(default_factory=lambda: [204])
    requests: list = field(default_factory=list)
    forged: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/on-call"

    @property
    def bodies(self):
        return [body for _, body in self.requests]

    async def receive(self, request):
        body = await request.body()
        headers = dict(request.headers)
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(self.secret, signed, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(headers["webhook-signature"], f"v1,{expected}"):
            self.forged += 1
            return Response(status_code=401)
        self.requests.append((headers, json.loads(body)))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            await self.ended.wait()
            return Response(status_code=503)
        return Response(status_code=status, headers={"location": "/elsewhere"})


@asynccontextmanager
async def webhook_server(secret, *statuses):
    """Runs a webhook server; see `WebhookServer`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        received = WebhookServer(secret, listener.getsockname()[1])
        if statuses:
            received.statuses = list(statuses)
        app = Starlette(routes=[Route("/{path:path}", received.receive, methods=["POST", "GET"])])
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listener]))
        await until(lambda: server.started or task.done())
        try:
            yield received
        finally:
            received.ended.set()
            server.should_exit = True
            await task


@dataclass
class MailServer:
    """Receives mail.

    Attributes:
        refuse: the answer to each recipient, such as "550 unknown", instead of taking the mail.
        hang: never answers to the text of a mail.
        mails: what came, parsed.
        raw: the same as it came.
        encrypted: for each mail, whether it came through TLS.
    """

    port: int = 0
    refuse: str | None = None
    hang: bool = False
    mails: list = field(default_factory=list)
    raw: list = field(default_factory=list)
    recipients: list = field(default_factory=list)
    encrypted: list = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse is not None:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.hang:
            await asyncio.sleep(3600)
        self.raw.append(envelope.content)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.recipients.append(envelope.rcpt_tos)
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"


@asynccontextmanager
async def mail_server(*, starttls=None, tls=None, account=None):
    """Runs a mail server on loopback.

    Args:
        starttls: TLS context that it offers with STARTTLS, and then insists on.
        tls: TLS context from the first byte.
        account: name and password that it asks for.
    """
    received = MailServer()

    def authenticate(server, session, envelope, mechanism, given):
        right = (given.login.decode(), given.password.decode()) == account
        return AuthResult(success=right, handled=False)

    def protocol():
        return SMTP(
            received,
            hostname="localhost",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=authenticate if account else None,
            auth_required=account is not None,
            auth_require_tls=starttls is not None,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls)
    received.port = server.sockets[0].getsockname()[1]
    try:
        yield received
    finally:
        server.close()


def refusing_port():
    """A port of loopback on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


async def until(condition, timeout_s=5.0):
    """Waits for a condition, at most so long."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)
