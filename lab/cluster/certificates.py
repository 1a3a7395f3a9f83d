"""Keys and certificates of one control plane, made anew for every cluster."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.cluster.children import write_private

VALIDITY = dt.timedelta(days=30)
SERVICE_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")


@dataclass(frozen=True)
class Certificates:
    """Name the files that the programs of a control plane read."""

    authority: Path
    server_certificate: Path
    server_key: Path
    service_account_key: Path
    webhook_certificate: Path
    webhook_key: Path


@dataclass(frozen=True)
class _Authority:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey

    def certificate(self) -> x509.Certificate:
        return (
            _builder(self.name, self.name, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def serving(self, common_name: str, names: Sequence[str], key: ec.EllipticCurvePrivateKey) -> bytes:
        """Return a serving certificate for 127.0.0.1 and the names."""
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives.append(x509.IPAddress(IPv4Address("127.0.0.1")))
        issuer_key = self.key.public_key()
        certificate = (
            _builder(_name(common_name), self.name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)


def make_certificates(folder: Path, cluster_name: str) -> Certificates:
    """Make a certificate authority, serving certificates for 127.0.0.1 and a service-account key.

    Args:
        folder: Existing folder for the files; keys are readable by their owner only. The webhooks' files go
            to `controller/k8s-webhook-server/serving-certs` in it, because their server looks for them
            there below its TMPDIR. Source: controller-runtime v0.20.4, pkg/webhook/server.go, setDefaults.
        cluster_name: Part of the authority's name.
    """
    authority = _Authority(_name(f"podsg lab {cluster_name}"), ec.generate_private_key(ec.SECP256R1()))
    server_key, webhook_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    server = authority.serving("kube-apiserver", SERVICE_NAMES, server_key)
    webhook = authority.serving("vpc-resource-controller", ("localhost",), webhook_key)
    account_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    serving = folder / "controller" / "k8s-webhook-server" / "serving-certs"
    serving.mkdir(parents=True, mode=0o700)
    certificate = authority.certificate().public_bytes(serialization.Encoding.PEM)
    return Certificates(
        write_private(folder / "authority.crt", certificate),
        write_private(folder / "server.crt", server),
        write_private(folder / "server.key", _key_bytes(server_key)),
        write_private(folder / "service-account.key", _key_bytes(account_key)),
        write_private(serving / "tls.crt", webhook),
        write_private(serving / "tls.key", _key_bytes(webhook_key)),
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_bytes(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
