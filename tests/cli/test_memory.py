"""A service begins itself anew in the environment in which what is freed is overwritten: once, as the same process."""

import os
import subprocess
import sys
from typing import Final

from api.cli.memory import private_environment
from tests.paths import ROOT

PROGRAM: Final = (
    "import os, sys; from api.cli.memory import overwrite_freed_memory;"
    "print(os.getpid(), os.environ.get('PYTHONMALLOC'), sys.argv[1:], flush=True); overwrite_freed_memory();"
    "print(os.environ['GLIBC_TUNABLES'])"
)


def lines(environment: dict[str, str]) -> list[str]:
    """What the program says in that environment."""
    command = [sys.executable, "-c", PROGRAM, "two words", "-x"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, text=True)
    return done.stdout.splitlines()


def test_it_begins_anew_with_the_same_words_as_the_same_process() -> None:
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONMALLOC"}
    usual["GLIBC_TUNABLES"] = "glibc.malloc.arena_max=2"
    first, second, tunables = lines(usual)
    pid, allocator, words = first.split(" ", 2)
    assert allocator == "None"
    assert second == f"{pid} malloc {words}"
    assert tunables == "glibc.malloc.arena_max=2:glibc.malloc.tcache_count=0"


def test_it_goes_on_where_it_did_so_before() -> None:
    first, tunables = lines(private_environment())
    assert " malloc " in first
    assert tunables.endswith("glibc.malloc.tcache_count=0")
