"""A stand-in for the one address of Zendesk's that `zcli apps:package` speaks to: it looks at the
package that it is sent by this project's own rules, and answers as Zendesk does."""

from __future__ import annotations

import datetime as dt
import ipaddress
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from integration.manifest.packages import from_zip
from integration.manifest.problems import errors
from integration.manifest.zendesk_checks import check


@dataclass
class Validator:
    """Where it is, what vouches for it, and what it was sent."""

    port: int
    authority: Path
    uploads: list[bytes] = field(default_factory=list)


@contextmanager
def validating(folder: Path) -> Iterator[Validator]:
    """Serves until the block ends; its certificate is made for it alone."""
    app = Flask(__name__)
    uploads: list[bytes] = []

    @app.post("/api/v2/apps/validate")
    def validate() -> ResponseReturnValue:
        if request.headers.get("Authorization") != "Bearer let-me-in":
            return {"error": "Couldn't authenticate you"}, 401
        data = request.files["file"].read()
        uploads.append(data)
        try:
            wrong = errors(check(from_zip(data)))
        except ValueError as error:
            return {"error": "RecordInvalid", "description": str(error)}, 422
        if wrong:
            told = "; ".join(map(str, wrong))
            return {"error": "RecordInvalid", "description": told}, 422
        return {}

    certificate, key = _certificate(folder)
    server = make_server(
        "127.0.0.1", 0, app, threaded=True, ssl_context=(str(certificate), str(key))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Validator(server.server_port, certificate, uploads)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    certificate_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_path, key_path
