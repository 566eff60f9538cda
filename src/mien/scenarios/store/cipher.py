"""Encrypts what is kept: AES-256 in Galois/Counter mode (NIST SP 800-38D), which also notices every change.

The store's key encrypts a key of each person, and that one encrypts the person's records. Where a person's key is erased,
what was written with it cannot be read any more, wherever a copy of it lies.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from mien.errors import InputError
from mien.files.ordinary import read_bytes
from mien.runtime.cache import write_atomic

VARIABLE = "MIEN_STORE_KEY"
"""The variable of the environment that may hold the key, as it stands in a key file."""

SIZE = 32  # bytes of a key
_NONCE = 12  # bytes, new for every encryption


class Cipher:
    """Encrypts and decrypts with one key. Without a key it only puts random bytes before a content, so that no two are alike.

    Args:
        key: 32 bytes; ``None`` for no encryption.
    """

    def __init__(self, key: bytes | None) -> None:
        self.key = key

    def encrypt(self, content: bytes, about: str) -> bytes:
        """The content, encrypted. ``about`` is not encrypted, and must be the same when it is decrypted."""
        nonce = os.urandom(_NONCE)
        if self.key is None:
            return nonce + content
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return nonce + AESGCM(self.key).encrypt(nonce, content, about.encode())

    def decrypt(self, content: bytes, about: str) -> bytes:
        """What was encrypted.

        Raises:
            InputError: the key is another one, or the content was changed.
        """
        if self.key is None:
            return content[_NONCE:]
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self.key).decrypt(content[:_NONCE], content[_NONCE:], about.encode())
        except (InvalidTag, ValueError) as error:
            raise InputError(
                "the key does not fit what is kept, or it was changed; name the right key (--key)"
            ) from error


def new_key() -> bytes:
    """A random key."""
    return secrets.token_bytes(SIZE)


def write_key(path: Path) -> None:
    """Writes a new key to a file that only its owner may read.

    Raises:
        InputError: the file is there already, or cannot be written.
    """
    if path.exists():
        raise InputError(f"'{path}' is there already; a key that is overwritten is lost, so name another file")
    try:
        write_atomic(path, base64.b64encode(new_key()).decode() + "\n")
        path.chmod(0o600)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written: {error.strerror}") from error


def key_from(file: Path | None) -> bytes | None:
    """The key in a file, else in the environment; ``None`` where neither is given.

    Raises:
        InputError: the file cannot be read, or holds no key.
    """
    text = read_bytes(file, 1000).decode(errors="replace") if file is not None else os.environ.get(VARIABLE, "")
    if file is None and not text:
        return None
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != SIZE:
        place = f"'{file}'" if file is not None else VARIABLE
        raise InputError(f"{place} holds no key of mien (32 bytes in base64); make one with: mien session key FILE")
    return key
