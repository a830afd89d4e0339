"""Functions on IP network prefixes."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from guard.terraform import numbers
from guard.terraform.functions.framework import (
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    whole_number,
)
from guard.terraform.types import BOOL, NUMBER, STRING, Type, list_of
from guard.terraform.values import Value, as_number, as_text, boolean, list_value, string

_OCTETS: Final = re.compile(r"(\d{1,10})\.(\d{1,10})\.(\d{1,10})\.(\d{1,10})", re.ASCII)
LARGEST_NUMBER: Final = 1 << 140


class _Network(NamedTuple):
    """A prefix: the first address as an integer, how many bits of it are fixed, and how many an address has."""

    first: int
    length: int
    bits: int

    @property
    def last(self) -> int:
        return self.first | ((1 << (self.bits - self.length)) - 1)

    def text(self) -> str:
        return f"{_address_text(self.first, self.bits)}/{self.length}"


def _address_text(address: int, bits: int) -> str:
    if bits == 32:
        return str(ipaddress.IPv4Address(address))
    six = ipaddress.IPv6Address(address)
    return str(six.ipv4_mapped) if six.ipv4_mapped else six.compressed


def _address(text: str) -> tuple[int, int] | None:
    """Return an address and its number of bits; None where the text is none. Leading noughts are no octal."""
    match = _OCTETS.fullmatch(text)
    if match:
        octets = [int(part) for part in match.groups()]
        return (int.from_bytes(bytes(octets), "big"), 32) if max(octets) < 256 else None
    if ":" not in text or "%" in text:
        return None
    try:
        return int(ipaddress.IPv6Address(text)), 128
    except ValueError:
        return None


def _prefix(text: str, argument: int | None = None) -> _Network:
    written, slash, length = text.partition("/")
    found = _address(written)
    digits = length.isascii() and length.isdigit() and len(length) < 10
    if found is None or not slash or not digits or int(length) > found[1]:
        raise FunctionError(f"invalid CIDR expression: invalid CIDR address: {text}", argument)
    address, bits = found
    host = bits - int(length)
    return _Network(address >> host << host, int(length), bits)


def _big(value: Value) -> int:
    found = as_number(value)
    if not found.is_integer:
        raise FunctionError("value must be a whole number")
    if found.exponent > 200 or abs(numbers.integer(found)) > LARGEST_NUMBER:
        raise FunctionError("the number is too large for an address")
    return numbers.integer(found)


def _signed(value: int) -> int:
    low = abs(value) & (2**64 - 1)
    return low - 2**64 if low >= 2**63 else low


def _fitting(address: int, bits: int) -> int:
    if address >> bits:
        raise FunctionError(f"the number does not fit into an address of {bits} bits")
    return address


def _cidrhost(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    given = _big(arguments[1])
    network = _prefix(as_text(arguments[0]))
    most = (1 << (network.bits - network.length)) - 1
    host, checked = (most - (-given - 1), -given - 1) if given < 0 else (given, _signed(given))
    if checked > most:
        raise FunctionError(f"prefix of {network.length} does not accommodate a host numbered {given}")
    return string(_address_text(_fitting(network.first | host, network.bits), network.bits))


def _cidrnetmask(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    network = _prefix(as_text(arguments[0]))
    if network.bits != 32:
        raise FunctionError(f"IPv6 addresses cannot have a netmask: {as_text(arguments[0])}")
    mask = (1 << 32) - (1 << (32 - network.length))
    return string(_address_text(mask, 32))


def _cidrsubnet(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    more, given = whole_number(arguments[1]), _big(arguments[2])
    network = _prefix(as_text(arguments[0]))
    length = network.length + more
    if length > network.bits:
        raise FunctionError(f"insufficient address space to extend prefix of {network.length} by {more}")
    most = (1 << more) - 1 if 0 <= more < 64 else 2**64 - 1
    if length < 0 or abs(given) & (2**64 - 1) > most:
        raise FunctionError(f"prefix extension of {more} does not accommodate a subnet numbered {given}")
    # The sign of a negative number is lost only after it was added, which Terraform does not catch.
    first = _fitting(abs(network.first | given << (network.bits - length)), network.bits)
    return string(_Network(first, length, network.bits).text())


def _cidrsubnets(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    network = _prefix(as_text(arguments[0]), 0)
    last = network.first - 1
    found: list[Value] = []
    for argument, value in enumerate(arguments[1:], 1):
        more = whole_number(value, argument)
        length = _subnet_length(network, more, argument)
        size = 1 << (network.bits - length)
        first = (last // size + 1) * size
        # An address range that begins at zero counts as one that has run over, in Terraform too.
        if not first or first > network.last:
            before = f"{length} bits after {_address_text(max(last, 0), network.bits)}"
            raise FunctionError(f"not enough remaining address space for a subnet with a prefix of {before}", argument)
        found.append(string(_Network(first, length, network.bits).text()))
        last = first + size - 1
    return list_value(found, STRING)


def _subnet_length(network: _Network, more: int, argument: int) -> int:
    if more < 1:
        raise FunctionError("must extend prefix by at least one bit", argument)
    if more > 32:
        raise FunctionError("may not extend prefix by more than 32 bits", argument)
    length = network.length + more
    if length > network.bits:
        protocol = "IPv4" if network.bits == 32 else "IPv6"
        message = f"would extend prefix to {length} bits, which is too long for an {protocol} address"
        raise FunctionError(message, argument)
    return length


def _cidrcontains(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    outer = _prefix(as_text(arguments[0]), 0)
    text = as_text(arguments[1])
    address = _address(text)
    inner = _Network(address[0], address[1], address[1]) if address else _prefix(text, 1)
    if inner.bits != outer.bits:
        return boolean(False)
    return boolean(outer.first <= inner.first and inner.last <= outer.last)


_PREFIX: Final = Parameter("prefix", STRING)
FUNCTIONS: Final[Mapping[str, Function]] = {
    "cidrcontains": Function(
        (Parameter("containing_prefix", STRING), Parameter("contained_ip_or_prefix", STRING)), BOOL, _cidrcontains
    ),
    "cidrhost": Function((_PREFIX, Parameter("hostnum", NUMBER)), STRING, _cidrhost),
    "cidrnetmask": Function((_PREFIX,), STRING, _cidrnetmask),
    "cidrsubnet": Function((_PREFIX, Parameter("newbits", NUMBER), Parameter("netnum", NUMBER)), STRING, _cidrsubnet),
    "cidrsubnets": Function((_PREFIX,), list_of(STRING), _cidrsubnets, Parameter("newbits", NUMBER)),
}
