"""Hashes, identifiers and ciphers. What depends on chance is unknown."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from guard.terraform.functions.dates import undecidable
from guard.terraform.functions.encoding import decode_base64, encode_base64
from guard.terraform.functions.framework import (
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    text_function,
)
from guard.terraform.functions.rsa import InvalidKey, decrypt, private_key
from guard.terraform.sets import quoted
from guard.terraform.types import NUMBER, STRING, Type
from guard.terraform.values import Value, as_text, string

Digest = Callable[[bytes], str]


def _hexadecimal(name: str) -> Digest:
    return lambda data: hashlib.new(name, data, usedforsecurity=False).hexdigest()


def _base64(name: str) -> Digest:
    return lambda data: encode_base64(hashlib.new(name, data, usedforsecurity=False).digest())


DIGESTS: Final[Mapping[str, Digest]] = {
    "base64sha256": _base64("sha256"),
    "base64sha512": _base64("sha512"),
    "md5": _hexadecimal("md5"),
    "sha1": _hexadecimal("sha1"),
    "sha256": _hexadecimal("sha256"),
    "sha512": _hexadecimal("sha512"),
}


def _of_text(digest: Digest) -> Function:
    return text_function(lambda text: digest(text.encode("utf-8")))


_NAMESPACES: Final = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}


def _uuidv5(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    name = as_text(arguments[0])
    namespace = _NAMESPACES.get(name) or _identifier(name)
    if namespace is None:
        raise FunctionError(f"uuidv5() doesn't support namespace {name} (it is neither a known name nor a UUID)")
    data = hashlib.sha1(namespace.bytes + as_text(arguments[1]).encode("utf-8"), usedforsecurity=False).digest()
    return string(str(uuid.UUID(bytes=data[:16], version=5)))


def _identifier(text: str) -> uuid.UUID | None:
    """Return the UUID written as text: plain, without dashes, in braces or as a URN."""
    bare = text[9:] if text.lower().startswith("urn:uuid:") else text
    if len(bare) == 38 and bare[0] == "{" and bare[-1] == "}":
        bare = bare[1:-1]
    dashed = len(bare) == 36 and all(bare[place] == "-" for place in (8, 13, 18, 23))
    digits = bare.replace("-", "") if dashed else bare
    if len(digits) != 32 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        return None
    return uuid.UUID(hex=digits)


def _rsadecrypt(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    data = decode_base64(as_text(arguments[0]))
    if data is None:
        shown = quoted(as_text(arguments[0]))
        raise FunctionError(f"failed to decode input {shown}: cipher text must be base64-encoded", 0)
    try:
        key = private_key(as_text(arguments[1]))
    except InvalidKey as error:
        raise FunctionError(f"invalid private key: {error}", 1) from None
    plain = decrypt(key, data)
    if plain is None:
        raise FunctionError("failed to decrypt: crypto/rsa: decryption error")
    return string(plain.decode("utf-8", "replace"))


FUNCTIONS: Final[Mapping[str, Function]] = {
    **{name: _of_text(digest) for name, digest in DIGESTS.items()},
    "bcrypt": undecidable("bcrypt", parameters=(Parameter("str", STRING),), variadic=Parameter("cost", NUMBER)),
    "rsadecrypt": Function((Parameter("ciphertext", STRING), Parameter("privatekey", STRING)), STRING, _rsadecrypt),
    "uuid": undecidable("uuid"),
    "uuidv5": Function((Parameter("namespace", STRING), Parameter("name", STRING)), STRING, _uuidv5),
}
