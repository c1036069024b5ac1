"""Shut a process off from every network, for good: the kernel refuses it each new socket.

Opening a folder of ClickHouse may fetch: materialized views refresh themselves, dictionaries and tables of other
systems connect. Whoever only wanted to look at names would have sent something, with the passwords that stand in those
definitions. Linux on x86-64 and ARM64 can be told to refuse (seccomp); elsewhere nothing is done.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""By machine: how the kernel calls it (AUDIT_ARCH), and its number of the call ``socket``."""
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _MACHINE_AT = 0, 4
_REFUSE, _ALLOW = 0x00050000 | errno.EACCES, 0x7FFF0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def shut_off() -> bool:
    """Refuse sockets to this thread and all that it starts from now on; whether the kernel does so."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    machine, call = _MACHINES[platform.machine()]
    steps = b"".join(
        struct.pack("HBBI", *step)
        for step in (
            (_LOAD, 0, 0, _MACHINE_AT),
            (_JUMP_IF_EQUAL, 0, 3, machine),
            (_LOAD, 0, 0, _NUMBER_AT),
            (_JUMP_IF_EQUAL, 0, 1, call),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        )
    )
    held = ctypes.create_string_buffer(steps, len(steps))
    program = _Program(len(steps) // 8, ctypes.addressof(held))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return bool(prctl(_SECCOMP, _FILTER, ctypes.addressof(program), 0, 0) == 0)
