"""What a service does about its own memory: no copy of it is made, and what was freed does not stay in it."""

import ctypes
import os
import resource
import sys
from typing import Final

from api.cli.failures import CheckFailed

LARGE_BLOCK: Final = 256 * 1024  # bytes
_M_MMAP_THRESHOLD: Final = -3  # mallopt(3)
_M_PERTURB: Final = -6
_FILLER: Final = 0xA5
_PR_SET_DUMPABLE: Final = 4  # prctl(2)
_ALLOCATOR: Final = "PYTHONMALLOC"
_TUNABLES: Final = "GLIBC_TUNABLES"
_NO_CACHE: Final = "glibc.malloc.tcache_count=0"  # what lies in this cache is not overwritten


def keep_memory_private() -> None:
    """See to it that no copy of this process's memory, which holds uploads in the clear, is made.

    The limit alone does not do: where the kernel pipes core dumps to a program (systemd-coredump), the limit is not
    asked. A process that is not dumpable is never dumped, and only root may read its memory or attach to it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise CheckFailed("core dumps could not be switched off", "run the service on Linux")


def give_back_memory() -> None:
    """Have large blocks go back to the system as soon as they are free, and every other one overwritten.

    The C library else learns from the first of them to keep the next ones, in one heap for each thread, and what a
    thread needed once for a large upload would be held for good. Other C libraries may lack these switches: then memory
    stays larger, and freed blocks are as they were until something takes their place.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
        mallopt(_M_PERTURB, _FILLER)


def private_environment() -> dict[str, str]:
    """The environment of a process in which the C library manages every object, so that it can overwrite what is freed.

    Else Python keeps small ones, a receipt or the address of an upload, as they are until something takes their place.
    """
    tunables = [each for each in (os.environ.get(_TUNABLES, ""), _NO_CACHE) if each]
    return {**os.environ, _ALLOCATOR: "malloc", _TUNABLES: ":".join(dict.fromkeys(":".join(tunables).split(":")))}


def overwrite_freed_memory() -> None:
    """Go on as the same process begun anew in `private_environment`, unless it is in one."""
    if os.environ.get(_ALLOCATOR) != "malloc":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], private_environment())  # noqa: S606 -- ourselves
