"""What a process gives up before it reads a stranger's file: memory, time, files, the network.

Resource limits are set wherever there are any. Linux is asked in addition, and may say no, for a
network of the process' own, which leads nowhere, and by landlock for no file at all. Called by the
process on itself, which cannot take it back.
"""

import ctypes
import os
import resource
import sys
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
# The same on all of Linux' architectures: asm-generic/unistd.h.
LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF = 444, 446
LANDLOCK_CREATE_RULESET_VERSION = 1
# linux/landlock.h: how many kinds of access to files each version of landlock can deny.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
TCP_RIGHTS = 0b11  # to listen and to connect; version 4
SCOPES = 0b11  # to reach processes outside by abstract sockets and by signals; version 6


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


def leave_network() -> bool:
    """Moves this process, while it has one thread, to a network of its own; says if Linux agreed.

    What it may open beside what it holds stays as it is.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0


def confine(memory: int, seconds: int | None) -> bool:
    """Leaves this process what it holds, `memory` more bytes and `seconds` of processor time.

    It opens no file and no socket any more: all that it needs has been imported. seconds: None for
    no limit.
    Returns: whether landlock keeps it from touching files by name.
    """
    space = _address_space() + memory
    is_landlocked = sys.platform == "linux" and _landlock()
    _limit(resource.RLIMIT_AS, space)
    if seconds is not None:
        _limit(resource.RLIMIT_CPU, int(sum(os.times()[:2])) + seconds, 1)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, 0)  # of those that are open, each stays so
    return is_landlocked


def _limit(kind: int, most: int, grace: int = 0) -> None:
    """grace: by how much it can be exceeded after a signal that says so."""
    hard = resource.getrlimit(kind)[1]
    hard = most + grace if hard == resource.RLIM_INFINITY else min(most + grace, hard)
    try:
        resource.setrlimit(kind, (min(most, hard), hard))
    except (OSError, ValueError):
        if kind != resource.RLIMIT_AS or sys.platform == "linux":
            raise
        # macOS knows this limit by name alone; the parent's deadline remains.


def _address_space() -> int:
    """Bytes of it that this process has; 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0


def _landlock() -> bool:
    """Denies this process and its children all access to files that landlock here can deny."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    version = libc.syscall(
        LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), LANDLOCK_CREATE_RULESET_VERSION
    )
    if version < 1:  # not in this kernel, or switched off
        return False
    rights = (1 << FILE_RIGHTS[min(version, max(FILE_RIGHTS))]) - 1
    rules = _Ruleset(rights, TCP_RIGHTS if version >= 4 else 0, SCOPES if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24  # what this version's struct has
    ruleset = libc.syscall(
        LANDLOCK_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0)
    )
    if ruleset < 0:
        return False
    try:
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)) == 0
    finally:
        os.close(ruleset)
