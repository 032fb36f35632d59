"""Which addresses may be called: none of this machine's own network, unless a destination allows it."""

from __future__ import annotations

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddress(Exception):
    """An address that a destination must not lead to."""

    def __init__(self, host: str, address: str) -> None:
        where = host if host == address else f"{host} ({address})"
        super().__init__(f"{where} is a private address; to send there, set `allow_private_addresses: true` in its destination")


def is_public(text: str) -> bool:
    """Whether an address is one of the open internet, also when it wraps an IPv4 address."""
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _wrapped(address)
    if inner is not None:
        address = inner
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _wrapped(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _TRANSLATED:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def refuse_private_literal(url: str) -> None:
    """Raise for a URL whose host is a private address as written; names are checked when they are resolved."""
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    if not is_public(host):
        raise PrivateAddress(host, host)


def public_addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    """The addresses that a name, or an address in any spelling, leads to; raises `PrivateAddress` when one is not public."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [(family, str(place[0])) for family, _, _, _, place in found]
    for _, address in addresses:
        if not is_public(address):
            raise PrivateAddress(host, address)
    return addresses


def connection(host: str, port: int, timeout: float) -> socket.socket:
    """A connection to a public address: the one that was checked, so that a second answer cannot slip in."""
    failure: OSError | None = None
    for _, address in public_addresses(host, port):
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            failure = error
    raise failure or OSError(f"{host} has no address")
