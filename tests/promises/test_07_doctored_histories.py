"""Each way to doctor a history is caught by the check that is there for it, and by no other by accident.

Whoever doctors here holds everything that the server has, the log's key too; what they serve goes to `amparo audit`.
"""

from datetime import timedelta
from typing import Final

from evidence.event import Event, EventType, Role
from tests.audience import HONEST, SEEN, Audience, faults, more, story
from tests.evidence.claims import START, Log, created, event, opened


def fixity(after: timedelta = timedelta(), found: int = 0) -> Event:
    detail = {"objects": 1, "faults": found}
    return event(EventType.FIXITY_CHECKED, Role.SYSTEM, "vault", time=START + after, detail=detail)


def test_an_honest_history_has_no_fault(audience: Audience) -> None:
    assert faults(audience.audit(HONEST, with_state=False)) == []
    assert faults(audience.audit(more(fixity()))) == []


REWRITTEN: Final = f"history was rewritten: the first {SEEN} events are not those that were seen before"


def test_a_fork_is_caught(audience: Audience) -> None:
    """The same beginning, then other events than those that were seen, and longer."""
    fork = Log([*HONEST.events[:-1], opened("CCCC-CCC7"), opened("DDDD-DDD7")])
    assert faults(audience.audit(fork)) == [("append-only", None, REWRITTEN)]


def test_a_removed_event_is_caught(audience: Audience) -> None:
    """The log stands; the vault does not give the last of its events any more."""
    log = more(opened("CCCC-CCC7"), opened("DDDD-DDD7"))
    audience.server.served = log.bodies[:-1]
    missing = "1 events are missing: the vault did not give them, or not their entries"
    assert faults(audience.audit(log)) == [("events", None, missing)]


def test_an_event_removed_from_the_log_is_caught(audience: Audience) -> None:
    """Signed anew without an event that was seen; something new makes good the length."""
    removed = Log([*HONEST.events[:2], *HONEST.events[3:], opened("CCCC-CCC7")])
    assert faults(audience.audit(removed)) == [("append-only", None, REWRITTEN)]


def test_a_reordered_pair_is_caught(audience: Audience) -> None:
    """Two new events, either of which may come first, are given in the other order than the log's."""
    log = more(opened("CCCC-CCC7"), opened("DDDD-DDD7"))
    audience.server.served = [*log.bodies[:SEEN], log.bodies[SEEN + 1], log.bodies[SEEN]]
    differs = "not the event that the log committed to"
    assert faults(audience.audit(log)) == [("events", SEEN, differs), ("events", SEEN + 1, differs)]


def test_a_history_that_the_thief_of_the_log_key_signed_is_caught(audience: Audience) -> None:
    """Another history of the same length, good in itself: every other check passes."""
    anew = Log(story())
    assert [each.type for each in anew.events] == [each.type for each in HONEST.events]
    assert faults(audience.audit(anew)) == [("append-only", None, REWRITTEN)]
    assert faults(audience.audit(anew, with_state=False)) == []


def test_it_is_caught_by_those_too_who_may_not_read_events(audience: Audience) -> None:
    audience.server.log = Log(story())
    done = audience.server.audit("--state", audience.state, with_key=False)
    assert faults(done) == [("append-only", None, REWRITTEN)]


def test_a_log_that_was_cut_short_is_caught(audience: Audience) -> None:
    cut = f"the log was cut short: {SEEN} events were seen before, now it has {SEEN - 1}"
    assert faults(audience.audit(Log(HONEST.events[:-1]))) == [("append-only", None, cut)]


def test_a_backdated_event_is_caught(audience: Audience) -> None:
    log = more(fixity(), fixity(timedelta(hours=-2)), fixity())
    what = "fixity.checked: its time lies more than an hour before that of an earlier event"
    assert faults(audience.audit(log)) == [("clock", SEEN + 1, what)]


def test_an_event_from_the_future_is_caught(audience: Audience) -> None:
    log = more(event(EventType.EVENTS_READ, Role.CUSTODIAN, "alice", time=START + timedelta(days=2)))
    what = "events.read: its time lies more than a day in the future"
    assert faults(audience.audit(log)) == [("clock", SEEN, what)]


def test_events_that_differ_from_the_log_are_caught(audience: Audience) -> None:
    log = more(fixity(), fixity())
    audience.server.served = [*log.bodies[:SEEN], fixity().encode(), log.bodies[SEEN + 1]]
    assert faults(audience.audit(log)) == [("events", SEEN, "not the event that the log committed to")]


def test_a_database_that_differs_from_the_store_is_caught(audience: Audience) -> None:
    audience.server.strangers = frozenset({SEEN})
    what = "the vault's database holds another event, or none"
    assert faults(audience.audit(more(fixity()))) == [("database", SEEN, what)]


def test_an_entry_that_is_not_the_leaf_of_the_tree_is_caught(audience: Audience) -> None:
    log = more(fixity())
    width = len(log.events)
    path = f"tile/entries/000.p/{width}"
    log.files[path] = log.files[path][:-1] + bytes([log.files[path][-1] ^ 1])
    found = faults(audience.audit(log))
    assert ("tree", SEEN, "its entry is not the leaf of the tree") in found
    assert {step for step, _, _ in found} == {"tree", "events"}  # an entry that is not the event's either


def test_another_vaults_checkpoint_is_refused(audience: Audience) -> None:
    log = more()
    log.files["checkpoint"] = log.files["checkpoint"].replace(b"vault.invalid", b"vault.example", 1)
    done = audience.audit(log)
    assert [step for step, _, _ in faults(done)] == ["checkpoint"]
    assert len(done.json["checks"]) == 1


def test_a_vault_that_never_checked_what_it_stores_is_caught(audience: Audience) -> None:
    log = Log([created(time=START - timedelta(days=10)), opened(), fixity(), fixity()])
    what = "nothing stored was checked for 10 days after 2026-11-15T10:20:30Z"
    assert faults(audience.audit(log, with_state=False)) == [("fixity", 2, what)]


def test_a_vault_that_stopped_checking_what_it_stores_is_caught(audience: Audience) -> None:
    """Though nothing else happened in it: the auditor has a clock."""
    audience.server.log = more(fixity())
    assert faults(audience.server.audit(now=START + timedelta(days=8))) == []
    what = "nothing stored was checked for 9 days after 2026-11-25T10:20:30Z"
    assert faults(audience.server.audit(now=START + timedelta(days=9))) == [("fixity", None, what)]


def test_damage_that_the_vault_found_itself_is_told(audience: Audience) -> None:
    what = "fixity.checked: the vault found 3 objects missing or changed"
    assert faults(audience.audit(more(fixity(found=3)))) == [("fixity", SEEN, what)]
