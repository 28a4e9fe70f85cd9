"""What the documents say exists, exists; what exists is said; nothing names a machine or a registry."""

import pkgutil
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from api.problems import PROBLEMS
from redaction import planner
from redaction.containers import formats
from tests.paths import ROOT
from tests.project import sources

DOCS: Final = ROOT / "docs"
DECISION_HEADINGS: Final = ("Context", "Decision", "Options refused", "When to look again")
DEPLOY_HEADINGS: Final = (
    "What it is",
    "What it is trusted with",
    "What its thief gets",
    "How to check it is well",
    "How to lose it and recover",
)
PROMISES: Final = range(1, 13)

_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("package", sources.PACKAGES)
def test_every_error_code_is_explained(package: str) -> None:
    explained = {heading.strip("`") for heading in _headings(DOCS / "errors.md")}
    codes = {code: name for name, code in _error_codes(import_module(package))}
    assert {code: name for code, name in codes.items() if code not in explained} == {}


def test_every_problem_that_http_answers_with_is_explained() -> None:
    explained = {heading.strip("`") for heading in _headings(DOCS / "errors.md")}
    assert sorted(set(PROBLEMS) - explained) == []


def test_no_two_error_classes_share_a_code() -> None:
    codes = [code for package in sources.PACKAGES for _, code in _error_codes(import_module(package))]
    assert sorted(codes) == sorted(set(codes))


def test_error_codes_are_kebab_case_and_explained_once() -> None:
    codes = [heading.strip("`") for heading in _headings(DOCS / "errors.md") if heading.startswith("`")]
    assert [code for code in codes if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("number", PROMISES)
def test_promise_has_its_test_or_is_named_as_not_yet_reached(number: int) -> None:
    tests = sorted(path.name for path in (ROOT / "tests" / "promises").glob(f"test_{number:02}_*.py"))
    row = _promise_rows()[number]
    if row.reached:
        assert [name for name in tests if f"tests/promises/{name}" in row.text] == tests != []
    else:
        assert re.search(rf"^{number}\. \w", _section(DOCS / "threat-model.md", "Not yet reached"), re.MULTILINE)


@pytest.mark.parametrize("document", [path for path in sources.subject_files() if path.suffix == ".md"], ids=str)
def test_links_in_documents_lead_somewhere(document: Path) -> None:
    text = _FENCE.sub("", (ROOT / document).read_text("utf-8"))
    assert [link for link in _LINK.findall(text) if not _resolves(ROOT / document, link)] == []


@pytest.mark.parametrize("record", sorted((DOCS / "decisions").glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_decision_record_has_its_four_headings(record: Path) -> None:
    found = [heading for heading in _headings(record) if heading in DECISION_HEADINGS]
    assert found == list(DECISION_HEADINGS)


def test_decision_records_are_numbered_without_a_gap_and_indexed() -> None:
    records = sorted(path.name for path in (DOCS / "decisions").glob("[0-9]*.md"))
    assert [name[:4] for name in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    index = (DOCS / "README.md").read_text("utf-8")
    assert [name for name in records if f"decisions/{name}" not in index] == []


def test_every_document_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    assert [path.name for path in DOCS.glob("*.md") if path.name != "README.md" and f"({path.name})" not in index] == []


def test_every_dependency_has_its_reason() -> None:
    text = (DOCS / "decisions" / "0002-dependencies.md").read_text("utf-8")
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    block = re.search(r"^dependencies = \[\n(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert block is not None
    extra = re.search(r"^blur = \[\n(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert extra is not None
    names = re.findall(r'^    "([A-Za-z0-9_.-]+)', block[1] + extra[1], re.MULTILINE)
    assert names
    assert [name for name in names if f"| {name} |" not in text] == []


def test_redaction_policy_and_every_accepted_format_are_described() -> None:
    text = (DOCS / "redaction.md").read_text("utf-8")
    assert [word for word in (planner.POLICY, *formats.ACCEPTED) if f"`{word}`" not in text] == []


def test_deployment_notes_answer_five_questions() -> None:
    notes = [path for path in sources.subject_files() if path.parts[0] == "deploy" and path.name == "README.md"]
    assert notes
    assert {str(path): heading for path in notes for heading in DEPLOY_HEADINGS if heading not in _text(path)} == {}


def test_no_file_names_a_registry_or_a_machine() -> None:
    dot = r"\."
    places = (
        rf"pypi{dot}org",
        rf"pythonhosted{dot}org",
        rf"npmjs{dot}(com|org)",
        rf"yarnpkg{dot}com",
        rf"(deb|ftp|security){dot}debian{dot}org",
        r"(extra-)?index-" + "url",
        r"find-" + "links",
        "/" + r"(work|root|home|tmp|opt)/[a-z]",
    )
    pattern = re.compile("|".join(places))
    hits = {
        f"{path}:{number}": line.strip()
        for path in sources.subject_files()
        if path not in EXEMPT
        for number, line in enumerate(_text(path).splitlines(), 1)
        if pattern.search(line) and not any(allowed in line for allowed in ALLOWED)
    }
    assert hits == {}


EXEMPT: Final = frozenset({Path("LICENSE")})
ALLOWED: Final = ("--no-emit-",)
"""Words that a line may hold although it matches: switches that keep a registry out of the lock."""


class PromiseRow:
    """One row of the table of promises: its whole text, and whether this version reaches it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.reached = text.rstrip("| ").endswith("yes")


def _promise_rows() -> dict[int, PromiseRow]:
    lines = _section(DOCS / "threat-model.md", "Promises").splitlines()
    rows = (re.match(r"\| (\d+) \|", line) for line in lines)
    return {int(row[1]): PromiseRow(row.string) for row in rows if row}


def _error_codes(package: ModuleType) -> list[tuple[str, str]]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not {"__main__", "migrations"} & set(module.name.split(".")):  # these run, or are run by alembic alone
            import_module(module.name)
    family = _subclasses(Exception)
    ours = [each for each in family if each.__module__.partition(".")[0] == package.__name__]
    coded = [each for each in ours if isinstance(getattr(each, "code", None), str)]
    return [(f"{each.__module__}.{each.__name__}", str(getattr(each, "code", ""))) for each in coded]


def _subclasses(parent: type[Exception]) -> set[type[Exception]]:
    found: set[type[Exception]] = set()
    for child in parent.__subclasses__():
        found |= {child} | _subclasses(child)
    return found


def _resolves(document: Path, link: str) -> bool:
    if re.match(r"(https?|mailto):", link):
        return True
    target, _, anchor = link.partition("#")
    path = (document.parent / target).resolve() if target else document
    if not path.exists() or ROOT not in (path, *path.parents):
        return False
    return not anchor or path.suffix != ".md" or anchor in {_anchor(heading) for heading in _headings(path)}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _headings(path: Path) -> list[str]:
    return [heading.strip() for heading in _HEADING.findall(_FENCE.sub("", path.read_text("utf-8")))]


def _section(path: Path, heading: str) -> str:
    """The text under a heading, up to the next one of its level."""
    _, found, rest = path.read_text("utf-8").partition(f"\n## {heading}\n")
    assert found, f"{path.name} has no section named {heading}"
    return rest.partition("\n## ")[0]


def _text(path: Path) -> str:
    try:
        return (ROOT / path).read_text("utf-8")
    except UnicodeDecodeError:
        return ""  # a picture or a vector in binary names nothing that a reader would meet
