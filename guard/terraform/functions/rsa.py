"""Decryption with RSA keys (PKCS #1 v1.5), for what a configuration holds both the cipher text and the key of.

Keys are read from PEM in PKCS #1, PKCS #8 and OpenSSH's own format, without encryption.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, NamedTuple

LARGEST_KEY: Final = 16_384
"""Bits of the modulus; larger keys are refused, for their arithmetic takes long."""

_PEM: Final = re.compile(r"-----BEGIN ([A-Z ]+)-----\s*([A-Za-z0-9+/=\s]*?)\s*-----END \1-----")
_OPENSSH: Final = b"openssh-key-v1\0"


class InvalidKey(ValueError):  # noqa: N818 - reads better where it is caught
    """The text holds no private RSA key that can be read."""


class PrivateKey(NamedTuple):
    """A private RSA key: modulus and private exponent."""

    modulus: int
    exponent: int


def private_key(text: str) -> PrivateKey:
    """Return the private RSA key in a PEM text; InvalidKey where there is none."""
    match = _PEM.search(text[:100_000])
    if match is None:
        raise InvalidKey("there is no PEM block that can be read")
    try:
        data = base64.b64decode("".join(match[2].split()), validate=True)
    except binascii.Error as error:
        raise InvalidKey(f"its base64 is not valid: {error}") from None
    if match[1] == "RSA PRIVATE KEY":
        key = _pkcs1(data)
    elif match[1] == "PRIVATE KEY":
        key = _pkcs8(data)
    elif match[1] == "OPENSSH PRIVATE KEY":
        key = _openssh(data)
    else:
        raise InvalidKey(f"unsupported key type {match[1]}")
    if not 0 < key.exponent < key.modulus or key.modulus.bit_length() > LARGEST_KEY:
        raise InvalidKey("its numbers are out of range")
    return key


def decrypt(key: PrivateKey, data: bytes) -> bytes | None:
    """Return what the cipher text `data` hides; None where it was not made for this key."""
    size = (key.modulus.bit_length() + 7) // 8
    number = int.from_bytes(data, "big")
    if number >= key.modulus or len(data) > size:
        return None
    block = pow(number, key.exponent, key.modulus).to_bytes(size, "big")
    end = block.find(b"\0", 2)
    if block[:2] != b"\0\2" or end < 10:
        return None
    return block[end + 1 :]


def _element(data: bytes, position: int, tag: int) -> tuple[bytes, int]:
    """Return the content of the DER element at `position`, and where it ends."""
    if position + 2 > len(data) or data[position] != tag:
        raise InvalidKey("invalid ASN.1 data")
    size, start = data[position + 1], position + 2
    if size & 0x80:
        count = size & 0x7F
        size, start = int.from_bytes(data[start : start + count], "big"), start + count
    if start + size > len(data):
        raise InvalidKey("invalid ASN.1 data: it ends too early")
    return data[start : start + size], start + size


def _pkcs1(data: bytes) -> PrivateKey:
    body, _ = _element(data, 0, 0x30)
    values = []
    position = 0
    for _ in range(4):
        number, position = _element(body, position, 0x02)
        values.append(int.from_bytes(number, "big"))
    return PrivateKey(values[1], values[3])


def _pkcs8(data: bytes) -> PrivateKey:
    body, _ = _element(data, 0, 0x30)
    _, position = _element(body, 0, 0x02)
    _, position = _element(body, position, 0x30)
    inner, _ = _element(body, position, 0x04)
    return _pkcs1(inner)


def _openssh(data: bytes) -> PrivateKey:
    if not data.startswith(_OPENSSH):
        raise InvalidKey("invalid OpenSSH data")
    cipher, position = _string(data, len(_OPENSSH))
    if cipher != b"none":
        raise InvalidKey("it is protected by a passphrase")
    for _ in range(2):
        _, position = _string(data, position)
    _, position = _string(data, position + 4)
    inner, _ = _string(data, position)
    kind, position = _string(inner, 8)
    if kind != b"ssh-rsa":
        raise InvalidKey("it is not an RSA key")
    parts = []
    for _ in range(3):
        part, position = _string(inner, position)
        parts.append(int.from_bytes(part, "big"))
    return PrivateKey(parts[0], parts[2])


def _string(data: bytes, position: int) -> tuple[bytes, int]:
    size = int.from_bytes(data[position : position + 4], "big")
    end = position + 4 + size
    if end > len(data):
        raise InvalidKey("invalid OpenSSH data: it ends too early")
    return data[position + 4 : end], end
