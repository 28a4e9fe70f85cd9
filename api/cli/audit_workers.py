"""Spread the part of an audit that needs no order over all processors."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import Final, TypeVar

ALONE: Final = 64  # items, before it pays to start processes
AHEAD: Final = 4  # items under way for each process

_A = TypeVar("_A")
_B = TypeVar("_B")


def each(work: Callable[[_A], _B], items: Iterator[_A]) -> Iterator[_B]:
    """`map(work, items)`, by several processes when there are many items; only a few are read ahead."""
    yield from map(work, islice(items, ALONE))
    first = next(items, None)
    if first is None:
        return
    processes = max((os.cpu_count() or 1) - 1, 1)  # the caller works too
    # Not forked: this process has threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        under_way = deque[Future[_B]]([pool.submit(work, first)])
        try:
            for item in items:
                under_way.append(pool.submit(work, item))
                if len(under_way) >= AHEAD * processes:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()
