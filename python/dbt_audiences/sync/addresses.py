"""Which addresses may be called: none of this machine's own network, unless a destination allows it."""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from dbt_audiences.sync.channel import Outcome

_DOTS = re.compile("[\u3002\uff0e\uff61]")
"""What resolvers take for a dot."""
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
    address = _literal(host)
    if address is not None and not is_public(address):
        raise PrivateAddress(host, address)


def private_refusal(url: str, *, allow_private_addresses: bool) -> Outcome | None:
    """The same as what came of a request that must not be sent; None for one that may."""
    try:
        if not allow_private_addresses:
            refuse_private_literal(url)
    except PrivateAddress as error:
        return Outcome("unsent", str(error), stops=True)
    return None


def _literal(host: str) -> str | None:
    """The address that a host is by itself, also in the spellings that only resolvers read: 127.1, 0x7f000001, 2130706433."""
    bare = _DOTS.sub(".", host).partition("%")[0].rstrip(".")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        try:
            return socket.inet_ntoa(socket.inet_aton(unicodedata.normalize("NFKC", bare)))
        except OSError:
            return None


def refuse_private_url(url: str) -> None:
    """Raise for a URL that leads to a private address now, or could lead to one a moment later.

    For libraries that resolve names themselves: another answer to a name comes to nothing where the certificate must be that
    name's, so `http://` is refused too.
    """
    refuse_private_literal(url)
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise PrivateAddress(parts.hostname or url, "without TLS it could become one")
    public_addresses(parts.hostname or "", parts.port or 443)


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


def private_in(error: BaseException | None) -> PrivateAddress | None:
    """The refusal of an address behind an error that a library made of it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, PrivateAddress):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None
