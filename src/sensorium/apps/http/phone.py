"""Reaching the server from a phone on the same network: its address, a certificate for https, the link as a QR code."""

from __future__ import annotations

import datetime as dt
import io
import ipaddress
import os
import socket
from pathlib import Path

from sensorium.core.errors import ServiceError
from sensorium.core.files import replace_file

DAYS = 397
"""How long a certificate that is made here holds; phones refuse ones that hold longer."""
_SPARE_DAYS = 7  # one that ends sooner is made again
_ANY = "192.0.2.1"  # TEST-NET-1 (RFC 5737): asked for a route only, nothing is sent


def network_address() -> str:
    """Return this machine's address on its network.

    Raises:
        ServiceError: if it has none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_ANY, 9))
            address = str(probe.getsockname()[0])
        except OSError:
            address = "127.0.0.1"
    if ipaddress.ip_address(address).is_loopback:
        raise ServiceError("This machine is on no network.", "Connect it to the phone's network, or pass host.")
    return address


def make_certificate(host: str, folder: Path) -> tuple[Path, Path]:
    """Return a self-signed certificate for an address and its key, as PEM files; those of the last time if they hold.

    Args:
        host: An IP address or a name.
        folder: Where they are kept; the key is readable by its owner only.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    safe = "".join(character if character.isalnum() else "-" for character in host)
    certificate, key = folder / f"{safe}.pem", folder / f"{safe}.key"
    now = dt.datetime.now(dt.UTC)
    if key.is_file() and certificate.is_file():
        ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
        if ends - now > dt.timedelta(days=_SPARE_DAYS):
            return certificate, key
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sensorium on this network")])
    try:
        other: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        other = x509.DNSName(host)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([other]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    replace_file(certificate, made.public_bytes(encoding))
    return certificate, key


def qr_code(link: str) -> str:
    """Return a link as a QR code of block characters, for a terminal."""
    import segno

    out = io.StringIO()
    segno.make(link, error="m", micro=False).terminal(out, compact=True)
    return out.getvalue()
