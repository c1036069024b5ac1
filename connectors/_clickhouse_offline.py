"""Shut a process off from every network, for good: the kernel refuses it each new socket.

Opening a folder of ClickHouse may fetch: materialized views refresh themselves, dictionaries and tables of other
systems connect. Whoever only wanted to look at names would have sent something, with the passwords that stand in those
definitions. Linux on x86-64 and ARM64 can be told to refuse (seccomp); elsewhere, and where a container forbids it,
nothing is done, and the caller is told.
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
_LOAD, _JUMP_IF_EQUAL, _JUMP_FROM, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _MACHINE_AT = 0, 4
_RINGS = 425
"""The call ``io_uring_setup`` on every machine: rings make sockets past a filter of calls."""
_X32 = 0x40000000
"""Calls of the second ABI of x86-64 have this bit, and the same machine."""
_REFUSE, _ALLOW = 0x00050000 | errno.EACCES, 0x7FFF0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def shut_off() -> bool:
    """Refuse sockets to this thread and all that it starts from now on; whether the kernel does so.

    Calls by another ABI than this process has, such as those of 32 bits, are refused altogether.
    """
    if sys.platform != "linux" or platform.machine() not in _MACHINES or sys.maxsize < 1 << 32:
        return False
    machine, call = _MACHINES[platform.machine()]
    steps = b"".join(
        struct.pack("HBBI", *step)
        for step in (
            (_LOAD, 0, 0, _MACHINE_AT),
            (_JUMP_IF_EQUAL, 0, 5, machine),
            (_LOAD, 0, 0, _NUMBER_AT),
            (_JUMP_FROM, 3, 0, _X32),
            (_JUMP_IF_EQUAL, 2, 0, call),
            (_JUMP_IF_EQUAL, 1, 0, _RINGS),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _REFUSE),
        )
    )
    held = ctypes.create_string_buffer(steps, len(steps))
    program = _Program(len(steps) // 8, ctypes.addressof(held))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return bool(prctl(_SECCOMP, _FILTER, ctypes.addressof(program), 0, 0) == 0)
