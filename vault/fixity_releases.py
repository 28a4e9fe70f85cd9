"""Whether the papers of releases, and what custodians approved in them, are still what they were."""

import hashlib
from collections.abc import Callable, Iterator

from evidence.errors import EvidenceError
from vault.errors import NotFound, NotReady, StoreError, StoreUnavailable
from vault.places import approved_answer, approved_objects, bundle_files, bundle_parts, release_papers
from vault.release_papers import read_answer, read_objects, read_parts
from vault.replay import Replay
from vault.store.protocol import Store

Progress = Callable[[int], None]


def release_faults(
    store: Store, replay: Replay, request: str, sealed: bool, progress: Progress
) -> Iterator[tuple[str, str]]:
    """Key and fault of every list and answer approved for a request, and of its bundle's papers if `sealed`.

    The media of a bundle is not read again: it is the same payload that is checked as an object of the store.

    The papers of a release go, all of them, when something in it is withdrawn. What was in it only they could tell: in
    a case of which something was withdrawn, a release without any papers is no fault.
    """
    case = replay.requests[request].case
    if replay.lost_something(case) and next(store.list(release_papers(request)), None) is None:
        return
    for approval in replay.approvals[request]:
        if approval.answer:  # what came with an approval of a former version opens nothing any more
            yield from _approval_faults(store, request, approval.objects, approval.answer)
    if sealed:
        yield from _bundle_faults(store, request, progress)


def _approval_faults(store: Store, request: str, objects: bytes, answer: bytes) -> Iterator[tuple[str, str]]:
    papers: tuple[tuple[str, Callable[[], object]], ...] = (
        (approved_objects(request, objects), lambda: read_objects(store, request, objects)),
        (approved_answer(request, answer), lambda: read_answer(store, request, answer)),
    )
    for key, read in papers:
        try:
            read()
        except StoreUnavailable:
            raise  # says nothing of the paper
        except (StoreError, EvidenceError) as error:
            yield key, error.reason


def _bundle_faults(store: Store, request: str, progress: Progress) -> Iterator[tuple[str, str]]:
    try:
        for part in read_parts(store, request).parts:
            if not part.key:
                data = store.read(bundle_files(request) + part.path)
                progress(len(data))
                if (len(data), hashlib.sha256(data).digest()) != (part.size, part.sha256):
                    yield bundle_parts(request), f"{part.path}: another length or hash than the list of parts gives"
    except NotReady:  # sealed by a former version
        return
    except StoreUnavailable:
        raise  # says nothing of the bundle
    except NotFound:
        yield bundle_parts(request), "a paper of the bundle is missing"
    except (StoreError, EvidenceError) as error:
        yield bundle_parts(request), error.reason
