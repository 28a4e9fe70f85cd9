"""`amparo custodian`: enrol and revoke, look at requests, approve or deny, review a case.

The key stays on this computer: what leaves it are signatures, and parts of file keys, sealed to a partner.
"""

import argparse
import base64
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.cli.extensions import extension_of, kind_of
from api.cli.failures import CheckFailed, WrongUse
from api.cli.keys import load_identity, load_public, load_trust
from api.cli.output import Progress, new_directory, print_json, say
from api.cli.requests import print_requests, standing
from api.cli.spoken import require_words, words_of
from api.client import Client, Signature
from evidence.bundle import exhibit_folder
from evidence.canonical import Json
from evidence.consent import Kind
from evidence.errors import EvidenceError
from evidence.exhibit import ExhibitRecord
from evidence.identity import PublicLine, signing_key
from evidence.ids import parse_case_number, parse_request_id
from evidence.release import Approval, Denial, Enrolment, Revocation, objects_digest
from evidence.signed import SignedDocument, sign
from vault.age.identities import KeyIdentity, open_header
from vault.age.recipients import parse_recipient
from vault.age.stream import Decryptor
from vault.approving import CaseKeys, OfferedObject
from vault.interrupted_record import INTERRUPTED, InterruptedRecord, open_pieces
from vault.sealing import seal_bytes

HELP = "a custodian's work: enrol, review, approve or deny"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("-i", dest="identity", metavar="KEY", type=Path, required=True, help="your identity file")
    parser.add_argument("--server", metavar="URL", required=True, help="the vault's address")
    parser.add_argument("--trust", metavar="FILE", type=Path, help="the trust anchor; needed beside other custodians")
    work = parser.add_subparsers(dest="work", required=True, metavar="WORK")
    enrol = work.add_parser("enrol", help="enrol a partner or an auditor")
    enrol.add_argument("public", metavar="PUBFILE", type=Path, help="their public line; check it with them by voice")
    enrol.add_argument(
        "--words", metavar="WORDS", help="the six words that they read to you; if they differ, nothing is signed"
    )
    enrol.add_argument("--role", choices=("partner", "auditor"), required=True)
    enrol.add_argument(
        "--kind",
        choices=[each.value for each in Kind],
        default=Kind.LAWYER.value,
        help="what a partner may ask for; chosen: only cases whose source gave the partner the code",
    )
    people = work.add_parser("people", help="everybody who was ever enrolled, and which custodians confirmed it")
    people.add_argument("--json", action="store_true")
    revoke = work.add_parser("revoke", help="end somebody's enrolment")
    revoke.add_argument("name", metavar="NAME")
    requests = work.add_parser("requests", help="all requests and how they stand")
    requests.add_argument("--json", action="store_true")
    approve = work.add_parser("approve", help="release a case to the partner who asked")
    approve.add_argument("request", metavar="REQUEST")
    approve.add_argument("--with-place", action="store_true", help="release the sealed place too")
    approve.add_argument("--include-unstripped", action="store_true", help="release files that still hold everything")
    deny = work.add_parser("deny", help="refuse a request")
    deny.add_argument("request", metavar="REQUEST")
    deny.add_argument("--reason", metavar="TEXT", required=True, help="it stands in the log")
    review = work.add_parser("review", help="open a case on this computer; each exhibit viewed is an event")
    review.add_argument("case", metavar="CASE")
    review.add_argument("-o", dest="output", metavar="DIR", type=Path, required=True)


def run(args: argparse.Namespace) -> int:
    """Do one of them."""
    identity, line = load_identity(args.identity)
    with Client(args.server, Signature(line, signing_key(identity.secret))) as client:
        custodian = _Custodian(client, identity, line, args)
        work = {
            "enrol": custodian.enrol,
            "people": custodian.people,
            "revoke": custodian.revoke,
            "requests": custodian.requests,
            "approve": custodian.approve,
            "deny": custodian.deny,
            "review": custodian.review,
        }
        work[args.work]()
    return 0


class _Custodian:
    """One custodian at work."""

    def __init__(self, client: Client, identity: KeyIdentity, line: PublicLine, args: argparse.Namespace) -> None:
        self._client, self._identity, self._line, self._args = client, identity, line, args
        self._key: Ed25519PrivateKey = signing_key(identity.secret)

    def enrol(self) -> None:
        line = load_public(self._args.public)
        if self._args.words is not None:
            require_words(line, self._args.words)
        document = Enrolment(self._client.origin(), self._args.role, line, _now(), Kind(self._args.kind))
        answer = self._client.post("/api/custodian/people", {"signed": self._signed(document.to_json())})
        say(f"{line.name} is enrolled as {self._args.role}, confirmed by {', '.join(answer['confirmed_by'])}.")
        if self._args.words is None:
            say(f"Their six words: {words_of(line)}")
            say("Have them read the words to you by voice. If theirs differ, revoke: it is somebody else's key.")
        if len(answer["confirmed_by"]) == 1:
            say("A second custodian confirms it with the same command, after a call of their own.")
        say("Give them the vault's trust.json by a way that nobody can change unnoticed.")

    def revoke(self) -> None:
        document = Revocation(self._client.origin(), self._args.name, _now())
        self._client.post("/api/custodian/revocations", {"signed": self._signed(document.to_json())})
        say(f"{self._args.name} is not enrolled any more.")

    def people(self) -> None:
        found = self._client.get("/api/custodian/people")
        if self._args.json:
            print_json(found)
            return
        for each in found:
            limited = f" ({each['kind']})" if each["role"] == "partner" and each["kind"] != Kind.LAWYER.value else ""
            say(f"{each['name']}  {each['role']}{limited}  {each['state']}")
            if each["role"] != "custodian":
                by = ", ".join(each["confirmed_by"])
                second = "" if len(each["confirmed_by"]) > 1 else "; no second custodian yet"
                say(f"    confirmed by {by}{second}")
                say(f"    six words: {words_of(PublicLine.parse(each['line']))}")

    def requests(self) -> None:
        print_requests(self._client.get("/api/custodian/requests"), as_json=self._args.json)

    def deny(self) -> None:
        request = parse_request_id(self._args.request)
        document = Denial(self._client.origin(), request, self._args.reason, _now())
        self._client.post(f"/api/custodian/requests/{request}/denial", {"signed": self._signed(document.to_json())})
        say(f"{request} is denied.")

    def approve(self) -> None:
        request = parse_request_id(self._args.request)
        detail = self._client.get(f"/api/custodian/requests/{request}")
        partner = self._partner(detail["enrolment"], detail["request"]["partner"])
        offered = [OfferedObject.from_json(each) for each in detail["objects"]]
        case = parse_case_number(detail["request"]["case"])
        keys = self._case_keys(case, offered)
        chosen, left_out = self._choose(offered)
        released = keys.released(chosen)
        self._require_the_same(objects_digest(released), detail["approved"])
        answer = keys.answer(request, self._line.key_id, chosen).encode()
        sealed = seal_bytes(answer, [parse_recipient(partner.recipient)])
        document = Approval(
            origin=self._client.origin(),
            request=request,
            case=case,
            partner=partner.key_id,
            objects=objects_digest(released),
            answer=hashlib.sha256(sealed).digest(),
            time=_now(),
        )
        body: dict[str, Json] = {
            "signed": self._signed(document.to_json()),
            "keys": {each.key: base64.b64encode(each.key_commitment).decode() for each in released},
            "answer": base64.b64encode(sealed).decode(),
        }
        say(f"The six words of {partner.name}: {words_of(partner)}")
        say("By approving you confirm this key too: you heard these words from them, or another custodian did.")
        answered = self._client.post(f"/api/custodian/requests/{request}/approval", body)
        say(f"{request}, for {partner.name}: {answered['state']}; {standing(answered)}.")
        for text in left_out:
            say(text)

    def review(self) -> None:
        case = parse_case_number(self._args.case)
        listed = self._client.get(f"/api/custodian/cases/{case}")["objects"]
        offered = [OfferedObject.from_json(each) for each in listed]
        keys = self._case_keys(case, offered)
        total = sum(each.size for each in offered if keys.quorum(each.key) == 1)
        with new_directory(self._args.output) as folder, Progress(total, "reviewing") as progress:
            for each in offered:
                stem = f"{exhibit_folder(each.number)}." if each.exhibit else ""
                if each.name.startswith("statement-"):
                    (folder / each.name.replace(".age", ".txt")).write_bytes(keys.plaintext(each))
                elif each.name == "record.age":
                    (folder / f"{stem}record.json").write_bytes(keys.plaintext(each))
                elif keys.quorum(each.key) > 1:
                    continue
                elif each.name == "withheld.age":
                    (folder / f"{stem}withheld.json").write_bytes(b"".join(self._open_stream(case, each.key)))
                else:
                    self._review_media(case, each, keys.records[each.exhibit], folder, progress)
        say(f"{self._args.output}: the case in clear. Delete it when you have looked.")
        closed = [each for each in offered if each.name == "media" and keys.quorum(each.key) > 1]
        for each in closed:
            say(
                f"exhibit {each.number} ({keys.records[each.exhibit].media_bytes} bytes): its media takes "
                f"{keys.quorum(each.key)} custodians and was not opened; its record says what is known of it"
            )

    def _review_media(
        self,
        case: str,
        offered: OfferedObject,
        record: ExhibitRecord | InterruptedRecord,
        folder: Path,
        progress: Progress,
    ) -> None:
        stem, digest = exhibit_folder(record.number), hashlib.sha256()
        if isinstance(record, InterruptedRecord):
            self._review_interrupted(case, offered, record, folder, progress)
            return
        with (folder / f"{stem}{extension_of(record.media_type)}").open("xb") as file:
            for chunk in self._open_stream(case, offered.key):
                file.write(chunk)
                digest.update(chunk)
                progress.update(len(chunk))
        if digest.digest() != record.media_sha256:
            raise CheckFailed(f"{stem} is not what its record says", "tell the other custodians; run amparo fixity")

    def _review_interrupted(
        self, case: str, offered: OfferedObject, record: InterruptedRecord, folder: Path, progress: Progress
    ) -> None:
        """As far as it came, as one file; of what kind it is, its first bytes say."""
        stem = exhibit_folder(record.number)
        unnamed = folder / f"{stem}.part"
        with unnamed.open("xb") as file:
            for chunk in self._open_stream(case, offered.key, record):
                file.write(chunk)
                progress.update(len(chunk))
        unnamed.rename(folder / f"{stem}{extension_of(kind_of(unnamed))}")
        say(f"{stem} never arrived whole: {record.media_bytes} bytes of it came. Nothing was removed from them.")

    def _case_keys(self, case: str, offered: Sequence[OfferedObject]) -> CaseKeys:
        """The case's keys, if what the server offers really is of this case."""
        try:
            return CaseKeys(case, offered, self._identity)
        except EvidenceError as error:
            raise CheckFailed(error.reason, "do not approve; tell the other custodians") from None

    def _open_stream(self, case: str, key: str, interrupted: InterruptedRecord | None = None) -> Iterator[bytes]:
        with self._client.download(f"/api/custodian/cases/{case}/objects/{key}") as (_, chunks):
            head = next(chunks, b"")  # the server sends the header first, and at once
            file_key, length = open_header(head, [self._identity])
            payload = itertools.chain((head[length:],), chunks)
            if interrupted is not None:
                yield from open_pieces(interrupted, file_key, payload)
                return
            decryptor = Decryptor(file_key)
            for chunk in payload:
                yield decryptor.update(chunk)
            yield decryptor.finish()

    def _require_the_same(self, digest: bytes, approved: list[str]) -> None:
        """Approvals count together only when they are of the same objects."""
        if approved and digest.hex() not in approved:
            raise WrongUse(
                "the custodians who approved before you chose other objects of this case",
                "agree with them on --with-place and --include-unstripped, then give the same; or deny the request",
            )

    def _choose(self, offered: Sequence[OfferedObject]) -> tuple[list[OfferedObject], list[str]]:
        """What to release: never the place or an unstripped exhibit unless asked for."""
        chosen, left_out = [], []
        for each in offered:
            if each.name == "withheld.age" and not self._args.with_place:
                left_out.append(f"exhibit {each.number}: the sealed place was not released (--with-place)")
            elif each.outcome == INTERRUPTED:
                if each.name == "media":
                    left_out.append(f"exhibit {each.number}: not released, it never arrived whole")
            elif each.outcome == "unstripped" and not self._args.include_unstripped:
                if each.name == "media":
                    text = "not released, it could not be stripped (--include-unstripped)"
                    left_out.append(f"exhibit {each.number}: {text}")
            else:
                chosen.append(each)
        if not chosen:
            raise WrongUse("there is nothing in this case to release", "look at it with: amparo custodian … review")
        return chosen, left_out

    def _partner(self, enrolment: Json, name: str) -> PublicLine:
        """The partner's line, if a custodian whom this computer knows signed it: the server's word is not enough."""
        signed = SignedDocument.from_json(enrolment)
        known = {self._line.key_id: self._line}
        if self._args.trust is not None:
            known |= {line.key_id: line for line in load_trust(self._args.trust).custodians}
        signer = known.get(signed.key_id)
        if signer is None:
            raise CheckFailed(
                "another custodian enrolled this partner, and this computer cannot check that",
                "give the trust anchor: amparo custodian … --trust trust.json approve …",
            )
        try:
            document = Enrolment.from_json(signed.verify(signer))
        except EvidenceError as error:
            raise CheckFailed(f"the partner's enrolment is not genuine: {error.reason}", "do not approve") from None
        if document.role != "partner" or document.line.name != name or document.origin != self._client.origin():
            raise CheckFailed("the partner's enrolment is for somebody or something else", "do not approve")
        return document.line

    def _signed(self, document: dict[str, Json]) -> Json:
        return sign(document, self._line, self._key).to_json()


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 -- the door asks the clock for the use case
