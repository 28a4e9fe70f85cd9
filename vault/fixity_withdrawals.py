"""Whether what was withdrawn is gone: a header that is still there opens its payload for everybody whom it names."""

from collections.abc import Iterator

from evidence.custody import State, Subject
from vault.places import case_papers, exhibit_papers, receipt_view, release_papers
from vault.receipts import case_key
from vault.release_papers import may_hold
from vault.replay import Replay
from vault.sealing import PAYLOAD
from vault.store.protocol import Store

_STILL_THERE = "it was withdrawn and is still there; it goes when the service starts"


def withdrawal_faults(store: Store, replay: Replay) -> Iterator[tuple[str, str]]:
    """Key and fault of everything that can still be opened of destroyed exhibits and withdrawn cases.

    A media payload whose header is gone is noise, and no fault.
    """
    destroyed = replay.destroyed()
    for exhibit, case in sorted(destroyed.items()):
        for key in store.list(exhibit_papers(exhibit)):
            if not key.endswith(PAYLOAD):
                yield key, _STILL_THERE
        if store.exists(receipt_view(case, exhibit)):
            yield receipt_view(case, exhibit), _STILL_THERE
    withdrawn = {case for case in replay.cases if replay.custody.state(Subject.CASE, case) is State.WITHDRAWN}
    for case in sorted(withdrawn):
        for key in store.list(case_papers(case)):
            if key != case_key(case) and key.rpartition("/")[2] not in destroyed:
                yield key, _STILL_THERE
    for request, asked in sorted(replay.requests.items()):
        if asked.case not in withdrawn and asked.case not in destroyed.values():
            continue
        if asked.case in withdrawn or may_hold(store, request, destroyed):
            for key in store.list(release_papers(request)):
                yield key, _STILL_THERE
