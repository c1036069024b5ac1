"""Validators of addresses of crypto-currencies by their checksums: text → whether it can be real. None raises."""

from __future__ import annotations

import hashlib
import re

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUMS = (1, 0x2BC830A3)
"""What a sound bech32 (BIP 173) and bech32m (BIP 350) text leave over."""
_PREFIXES = frozenset({"bc", "tb", "bcrt", "ltc", "tltc", "addr", "addr_test", "stake", "cosmos"})
_VERSIONS = frozenset({0x00, 0x05, 0x6F, 0xC4, 0x30, 0x32, 0x1E, 0x16, 0x41, 0x4C})
"""Version bytes of Bitcoin, its test net, Litecoin, Dogecoin, Tron and Dash."""


def address(text: str) -> bool:
    """An address with a checksum: base58check, or bech32 and bech32m with a known prefix.

    >>> address("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), address("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb")
    (True, False)
    """
    text = text.strip()
    return _is_bech32(text) or _is_base58check(text)


def ether(text: str) -> bool:
    """Ethereum address: 0x and forty hexadecimal digits, not all the same."""
    return re.fullmatch(r"0x[0-9a-fA-F]{40}", text.strip()) is not None and len(set(text)) > 6


def _is_base58check(text: str) -> bool:
    if not 26 <= len(text) <= 35 or any(c not in _BASE58 for c in text):
        return False
    number = 0
    for character in text:
        number = number * 58 + _BASE58.index(character)
    if number.bit_length() > 200:
        return False
    raw = number.to_bytes(25, "big")
    if raw[0] not in _VERSIONS:
        return False
    return hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def _is_bech32(text: str) -> bool:
    if text not in (text.lower(), text.upper()):
        return False
    prefix, one, data = text.lower().rpartition("1")
    if not one or prefix not in _PREFIXES or len(data) < 6 or any(c not in _BECH32 for c in data):
        return False
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for value in values + [_BECH32.index(c) for c in data]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATOR):
            check ^= generator if top >> i & 1 else 0
    return check in _CHECKSUMS
