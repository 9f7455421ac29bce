"""The helpdesk's framework for a browser that must not ask the internet for it.

Apps load the framework's SDK from one address. Here a server on this machine is told to be that
host: the page is not touched, and no request is held up on its way, as it would be by a browser
whose requests are looked through.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST: Final = "static.zdassets.com"
PATH: Final = "/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
MODULES: Final = (
    Path(__file__).parents[2] / "tests" / "node_modules" / "zendesk_app_framework_sdk" / "lib"
)
"""Where npm puts the SDK's modules, where this runs from a checkout."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where the SDK is served: a ``port`` of this machine, and the SHA-256 of its certificate's
    public key, as browsers name it."""

    port: int
    key: str

    @property
    def browser_options(self) -> list[str]:
        """Command-line options of Chromium that lead it there, and nowhere else outside of this
        machine."""
        rules = f"MAP {HOST}:443 127.0.0.1:{self.port}, MAP * ~NOTFOUND"
        return [
            f"--host-resolver-rules={rules}, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            f"--ignore-certificate-errors-spki-list={self.key}",
        ]


def script(file: Path | None) -> bytes:
    """The SDK as one script: a file that has it, or what npm installed. click.ClickException where
    neither is there."""
    if file is not None:
        return file.read_bytes()
    if not MODULES.is_dir():
        raise click.ClickException(
            f"The helpdesk's framework is missing: {MODULES} is not there. Run `npm ci` in tests, "
            f"or save https://{HOST}{PATH} and name the file with --sdk."
        )
    names = {
        path.relative_to(MODULES).with_suffix("").as_posix(): path.read_text()
        for path in sorted(MODULES.rglob("*.js"))
    }
    modules = [
        f"modules[{f'./{name}'!r}] = function (require, module) {{\n{text}\n}};"
        for name, text in names.items()
    ]
    # They name each other by paths from this folder, since none of those below it asks for another.
    lines = [
        "(function () {",
        "var modules = {}, made = {};",
        *modules,
        "function require(name) {",
        "  if (!made[name]) {",
        "    made[name] = { exports: {} };",
        "    modules[name](require, made[name]);",
        "  }",
        "  return made[name].exports;",
        "}",
        "window.ZAFClient = require('./index');",
        "})();",
    ]
    return "\n".join(lines).encode()


@contextmanager
def served(body: bytes, folder: Path) -> Iterator[Served]:
    """Serve the SDK for as long as the block lasts; a key and its certificate are made for that in
    ``folder``."""
    key, certificate = _identity()
    pem = folder / "sdk.pem"
    pem.touch(mode=0o600)
    pem.write_bytes(key + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    public = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(body)) as server:
        server.daemon_threads = True
        # In the connection's own thread: one that greets nobody must not keep the others waiting.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            digest = base64.b64encode(hashlib.sha256(public).digest()).decode()
            yield Served(int(server.server_address[1]), digest)
        finally:
            server.shutdown()
            thread.join()


def _identity() -> tuple[bytes, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, certificate


def _handler(body: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = self.path == PATH
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/javascript")
            self.send_header("Content-Length", str(len(body) if found else 0))
            self.send_header("Cache-Control", "max-age=86400")
            self.end_headers()
            self.wfile.write(body if found else b"")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
