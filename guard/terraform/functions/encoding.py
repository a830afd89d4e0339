"""Base64, character sets, compression and URL escapes."""

from __future__ import annotations

import base64
import codecs
import gzip
import re
import urllib.parse
import zlib
from collections.abc import Mapping
from typing import Final

from guard.terraform.functions.framework import (
    LONGEST_TEXT,
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    text_function,
    unknown_from,
)
from guard.terraform.sets import quoted
from guard.terraform.types import STRING, Type
from guard.terraform.values import Value, as_text, is_sensitive, string, unmarked, with_marks

_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def decode_base64(text: str) -> bytes | None:
    """Return the bytes of padded standard base64 (line ends are passed over); None where it is not valid."""
    plain = text.replace("\n", "").replace("\r", "")
    return base64.b64decode(plain) if _BASE64.fullmatch(plain) else None


def encode_base64(data: bytes) -> str:
    """Return bytes as padded standard base64."""
    return base64.b64encode(data).decode("ascii")


def _base64decode(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    text, marks = unmarked(arguments[0])
    if not text.is_known:
        return with_marks(unknown_from(STRING, text), marks)
    data = decode_base64(as_text(text))
    if data is None:
        shown = "(sensitive value)" if is_sensitive(arguments[0]) else quoted(as_text(text))
        raise FunctionError(f"failed to decode base64 data {shown}")
    try:
        return with_marks(string(data.decode("utf-8")), marks)
    except UnicodeDecodeError:
        raise FunctionError("the result of decoding the provided string is not valid UTF-8") from None


def _base64gunzip(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    data = decode_base64(as_text(arguments[0]))
    if data is None:
        raise FunctionError("failed to decode base64 data", 0)
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, LONGEST_TEXT)
    except zlib.error as error:
        raise FunctionError(f"failed to read gzip raw data: {error}") from None
    if not unpacker.eof:
        raise FunctionError("the gzip data is not whole, or too large when it is unpacked")
    try:
        return string(unpacked.decode("utf-8"))
    except UnicodeDecodeError:
        raise FunctionError("the result of unpacking the provided string is not valid UTF-8") from None


# Character sets, by the names and aliases that IANA registers and Go's `ianaindex` supports

_SETS: Final = {
    "UTF-8": ("utf-8", "csUTF8"),
    "UTF-16": ("utf-16", "csUTF16"),
    "UTF-16BE": ("utf-16-be", "csUTF16BE"),
    "UTF-16LE": ("utf-16-le", "csUTF16LE"),
    "US-ASCII": ("ascii", "iso-ir-6 ANSI_X3.4-1968 ANSI_X3.4-1986 ISO_646.irv:1991 ISO646-US us IBM367 cp367 csASCII"),
    "ISO_8859-1:1987": ("latin-1", "ISO-8859-1 ISO_8859-1 iso-ir-100 latin1 l1 IBM819 CP819 csISOLatin1"),
    "ISO_8859-2:1987": ("iso8859-2", "ISO-8859-2 ISO_8859-2 iso-ir-101 latin2 l2 csISOLatin2"),
    "ISO_8859-3:1988": ("iso8859-3", "ISO-8859-3 ISO_8859-3 iso-ir-109 latin3 l3 csISOLatin3"),
    "ISO_8859-4:1988": ("iso8859-4", "ISO-8859-4 ISO_8859-4 iso-ir-110 latin4 l4 csISOLatin4"),
    "ISO_8859-5:1988": ("iso8859-5", "ISO-8859-5 ISO_8859-5 iso-ir-144 cyrillic csISOLatinCyrillic"),
    "ISO_8859-6:1987": ("iso8859-6", "ISO-8859-6 ISO_8859-6 iso-ir-127 arabic ECMA-114 ASMO-708 csISOLatinArabic"),
    "ISO_8859-7:1987": ("iso8859-7", "ISO-8859-7 ISO_8859-7 iso-ir-126 greek greek8 ELOT_928 ECMA-118 csISOLatinGreek"),
    "ISO_8859-8:1988": ("iso8859-8", "ISO-8859-8 ISO_8859-8 iso-ir-138 hebrew csISOLatinHebrew"),
    "ISO-8859-6-E": ("iso8859-6", "ISO_8859-6-E csISO88596E"),
    "ISO-8859-6-I": ("iso8859-6", "ISO_8859-6-I csISO88596I"),
    "ISO-8859-8-E": ("iso8859-8", "ISO_8859-8-E csISO88598E"),
    "ISO-8859-8-I": ("iso8859-8", "ISO_8859-8-I csISO88598I"),
    "ISO_8859-9:1989": ("iso8859-9", "ISO-8859-9 ISO_8859-9 iso-ir-148 latin5 l5 csISOLatin5"),
    "ISO-8859-10": ("iso8859-10", "ISO_8859-10:1992 iso-ir-157 l6 latin6 csISOLatin6"),
    "ISO-8859-13": ("iso8859-13", "csISO885913"),
    "ISO-8859-14": ("iso8859-14", "ISO_8859-14:1998 ISO_8859-14 iso-ir-199 latin8 iso-celtic l8 csISO885914"),
    "ISO-8859-15": ("iso8859-15", "ISO_8859-15 Latin-9 csISO885915"),
    "ISO-8859-16": ("iso8859-16", "ISO_8859-16:2001 ISO_8859-16 iso-ir-226 latin10 l10 csISO885916"),
    "Shift_JIS": ("cp932", "MS_Kanji csShiftJIS"),
    "Extended_UNIX_Code_Packed_Format_for_Japanese": ("euc_jp", "EUC-JP csEUCPkdFmtJapanese"),
    "ISO-2022-JP": ("iso2022_jp", "csISO2022JP"),
    "EUC-KR": ("euc_kr", "csEUCKR"),
    "GBK": ("gbk", "CP936 MS936 windows-936 csGBK"),
    "GB18030": ("gb18030", "csGB18030"),
    "HZ-GB-2312": ("hz", ""),
    "Big5": ("big5hkscs", "csBig5"),
    "KOI8-R": ("koi8-r", "csKOI8R"),
    "KOI8-U": ("koi8-u", "csKOI8U"),
    "macintosh": ("mac-roman", "mac csMacintosh"),
    "windows-874": ("cp874", "cswindows874"),
    **{f"windows-{page}": (f"cp{page}", f"cswindows{page}") for page in range(1250, 1259)},
    "IBM037": ("cp037", "cp037 ebcdic-cp-us ebcdic-cp-ca ebcdic-cp-wt ebcdic-cp-nl csIBM037"),
    "IBM437": ("cp437", "cp437 437 csPC8CodePage437"),
    "IBM850": ("cp850", "cp850 850 csPC850Multilingual"),
    "IBM852": ("cp852", "cp852 852 csPCp852"),
    "IBM855": ("cp855", "cp855 855 csIBM855"),
    "IBM00858": ("cp858", "CCSID00858 CP00858 PC-Multilingual-850+euro csIBM00858"),
    "IBM860": ("cp860", "cp860 860 csIBM860"),
    "IBM862": ("cp862", "cp862 862 csPC862LatinHebrew"),
    "IBM863": ("cp863", "cp863 863 csIBM863"),
    "IBM865": ("cp865", "cp865 865 csIBM865"),
    "IBM866": ("cp866", "cp866 866 csIBM866"),
    "IBM01140": ("cp1140", "CCSID01140 CP01140 ebcdic-us-37+euro csIBM01140"),
}
_BY_NAME: Final = {
    alias.lower(): (name, codec) for name, (codec, aliases) in _SETS.items() for alias in (name, *aliases.split())
}


def _character_set(value: Value) -> tuple[str, str]:
    name = as_text(value)
    found = _BY_NAME.get(name.lower())
    if found is None:
        message = f"{quoted(name)} is not a supported IANA encoding name or alias in this Terraform version"
        raise FunctionError(message, 1)
    return found


def _in_big5(letter: str) -> bytes:
    try:
        return letter.encode("big5hkscs")
    except UnicodeEncodeError:
        return letter.encode("cp950")


def _decoded(data: bytes, codec: str) -> str:
    if codec == "utf-16" and not data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        return data.decode("utf-16-be")
    if codec.startswith("iso8859-") and codec != "iso8859-9" and any(0x80 <= byte < 0xA0 for byte in data):
        # To Go these bytes are undefined in all parts of the standard but two.
        return "\ufffd"
    return data.decode(codec, "euro" if codec in ("gbk", "gb18030") else "strict")


def _euro(error: UnicodeError) -> tuple[str, int]:
    """Decode the byte 0x80 as the euro sign, where Python's codecs for Chinese see none."""
    if isinstance(error, UnicodeDecodeError) and error.object[error.start] == 0x80:
        return "€", error.start + 1
    raise error


codecs.register_error("euro", _euro)


def _encoded(text: str, codec: str) -> bytes:
    if codec == "utf-16":
        return codecs.BOM_UTF16_BE + text.encode("utf-16-be")
    if codec == "gbk":
        return b"\x80".join(part.encode(codec) for part in text.split("€"))
    if codec == "big5hkscs":
        return b"".join(_in_big5(letter) for letter in text)
    data = text.encode(codec)
    # Go's encoder does not go back to ASCII at the end.
    return data.removesuffix(b"~}") if codec == "hz" else data


def _textencodebase64(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    name, codec = _character_set(arguments[1])
    text = as_text(arguments[0])
    try:
        data = _encoded(text, codec)
    except UnicodeEncodeError:
        message = f"the given string contains characters that cannot be represented in {name}"
        raise FunctionError(message, 0) from None
    return string(encode_base64(data))


def _textdecodebase64(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    name, codec = _character_set(arguments[1])
    data = decode_base64(as_text(arguments[0]))
    if data is None:
        raise FunctionError("the given value has an invalid base64 symbol", 0)
    try:
        text = _decoded(data, codec)
    except UnicodeDecodeError:
        text = "\ufffd"
    if "\ufffd" in text:
        raise FunctionError(f"the given string contains symbols that are not defined for {name}", 0)
    return string(text)


def _urldecode(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    text = as_text(arguments[0])
    stray = re.search(r"%(?![0-9A-Fa-f]{2})", text)
    if stray:
        raise FunctionError(f"invalid URL escape {quoted(text[stray.start() : stray.start() + 3])}", 0)
    return string(urllib.parse.unquote_plus(text))


def _packed(text: str) -> str:
    return encode_base64(gzip.compress(text.encode("utf-8"), mtime=0))


_ENCODING: Final = Parameter("encoding", STRING)
FUNCTIONS: Final[Mapping[str, Function]] = {
    "base64decode": Function((Parameter("str", STRING, marked=True, unknown=True),), STRING, _base64decode),
    "base64encode": text_function(lambda text: encode_base64(text.encode("utf-8"))),
    "base64gunzip": Function((Parameter("str", STRING),), STRING, _base64gunzip),
    "base64gzip": text_function(_packed),
    "textdecodebase64": Function(
        (Parameter("source", STRING), Parameter("encoding", STRING)), STRING, _textdecodebase64
    ),
    "textencodebase64": Function(
        (Parameter("string", STRING), Parameter("encoding", STRING)), STRING, _textencodebase64
    ),
    "urldecode": Function((Parameter("str", STRING),), STRING, _urldecode),
    "urlencode": text_function(lambda text: urllib.parse.quote_plus(text, safe="")),
}
