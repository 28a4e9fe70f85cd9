"""The catalogues hold the words of the pages, all of them and no others, and a new language needs nothing else."""

import gettext
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from babel import UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from api.problems import PROBLEMS
from api.web.catalogues import SOURCE_LANGUAGE, load_catalogues
from api.web.languages import Language
from api.web.pages import Pages
from api.web.update_catalogues import extracted, updated
from tests.api.web.markup import read
from tests.api.web.samples import ACCEPTED, LIMIT, every_page
from tests.paths import ROOT

LOCALES: Final = ROOT / "api" / "web" / "locales"
LANGUAGES: Final = load_catalogues().languages
PLACEHOLDER: Final = re.compile(r"%\(\w+\)s|%%")
COUNT: Final = "%(num)s"
EXTRACTED: Final = extracted()
WORDS: Final = tuple(message for message in EXTRACTED if message.id)

each_language = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.tag)


def source_of(language: Language, locales: Path = LOCALES) -> bytes:
    return (locales / language.tag / "LC_MESSAGES" / "source.po").read_bytes()


def catalogue(language: Language) -> Catalog:
    return read_po(io.BytesIO(source_of(language)), locale=language.tag.replace("-", "_"), abort_invalid=True)


def forms(message: Message) -> tuple[str, ...]:
    """Every text of a message in its catalogue's language: one, or one for each plural form."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def counted(words: Catalog) -> list[int]:
    """How many of the first thousand numbers take each plural form."""
    form = gettext.c2py(words.plural_expr)
    chosen = [form(number) for number in range(1000)]
    return [chosen.count(index) for index in range(words.num_plurals)]


def faults(words: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue, in words."""
    if {message.id for message in words if message.id} != {message.id for message in WORDS}:
        yield "not in step; run make words"
    numbers = counted(words)
    for message in words:
        if not message.id:
            continue
        name = ids(message)[0]
        if message.fuzzy:
            yield f"fuzzy: {name}"
        if message.pluralizable and len(forms(message)) != words.num_plurals:
            yield f"a plural form too many or too few: {name}"
        for index, text in enumerate(forms(message)):
            if not text.strip():
                yield f"not translated: {name}"
                continue
            wanted, found = set(PLACEHOLDER.findall(ids(message)[-1])), set(PLACEHOLDER.findall(text))
            # A form that is used for one number alone ("one file", the dual) may say it in words.
            spelt = {COUNT} if message.pluralizable and numbers[index] == 1 else set()
            if not wanted - spelt <= found <= wanted:
                yield f"a placeholder too many or too few: {name}"
            if set("<>&") & set(text) or "%" in PLACEHOLDER.sub("", text):
                yield f"markup or a lone per cent sign: {name}"


@each_language
def test_a_catalogue_is_in_step_with_the_pages(language: Language) -> None:
    words = catalogue(language)
    assert {message.id for message in words if message.id} == {message.id for message in WORDS}
    assert not words.obsolete


@pytest.mark.parametrize("language", LANGUAGES[1:], ids=lambda language: language.tag)
def test_a_catalogue_translates_everything_in_every_plural_form_and_keeps_placeholders(language: Language) -> None:
    assert list(faults(catalogue(language))) == []


def test_the_words_of_the_source_language_are_their_own_translation() -> None:
    words = catalogue(LANGUAGES[0])
    assert {text for message in words if message.id for text in forms(message)} == {""}
    assert not [text for message in WORDS for text in ids(message) if set("<>&") & set(text)]
    assert not [text for message in WORDS for text in ids(message) if "%" in PLACEHOLDER.sub("", text)]


def test_whatever_a_problem_says_is_in_the_catalogue() -> None:
    said = {words for problem in PROBLEMS.values() for words in (problem.title, problem.next_step)}
    assert said <= {message.id for message in WORDS}


def test_every_folder_is_a_language_and_no_compiled_catalogue_is_kept() -> None:
    assert {folder.name for folder in LOCALES.iterdir() if folder.is_dir()} == {each.tag for each in LANGUAGES}
    assert not list(LOCALES.rglob("*.mo"))


SOUND: Final = (
    b'msgid ""\nmsgstr ""\n"Language: ru\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=3; '
    b'plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"\n'
    b'"X-Reviewed-By-Native-Speaker: no\\n"\n\nmsgid "a"\nmsgstr "b"\n'
)


def filled(name: str = "", text: str = "") -> Catalog:
    """A Russian catalogue with a translation for everything, but `text` for the word `name`."""
    words = read_po(io.BytesIO(updated(SOUND, EXTRACTED, "ru")), locale="ru")
    for message in words:
        if message.id:
            said = "¤ " + " ".join(PLACEHOLDER.findall(ids(message)[-1]))
            said = text if ids(message)[0] == name else said
            message.string = (said,) * words.num_plurals if message.pluralizable else said
    return words


def test_a_catalogue_without_a_fault_has_none() -> None:
    assert list(faults(filled())) == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("Send now", "", "not translated"),
        ("Photos: %(formats)s", "Фото", "placeholder"),
        ("Send now", "%(formats)s", "placeholder"),
        ("Send now", "100 %", "per cent"),
        ("Send now", "<b>x</b>", "markup"),
        ("%(num)s file is kept.", "без числа", "placeholder"),
    ],
)
def test_each_fault_of_a_catalogue_is_found(name: str, text: str, fault: str) -> None:
    found = list(faults(filled(name, text)))
    assert found
    assert all(fault in each for each in found)


def test_a_missing_plural_form_is_found() -> None:
    words = filled()
    message = words.get(next(message.id for message in WORDS if message.pluralizable))
    assert message is not None
    message.string = forms(message)[:2]
    assert [each.partition(":")[0] for each in faults(words)] == ["a plural form too many or too few"]


def test_a_missing_or_left_over_word_is_found() -> None:
    missing, left_over = filled(), filled()
    missing.delete("Send now")
    left_over.add("nobody says this", "¤")
    assert "not in step; run make words" in list(faults(missing))
    assert "not in step; run make words" in list(faults(left_over))


def test_the_update_keeps_headers_and_translations_and_drops_what_nobody_says() -> None:
    before = SOUND + '\nmsgid "Send now"\nmsgstr "Отправить"\n'.encode()
    after = updated(before, EXTRACTED, "ru")
    assert after.startswith(before.partition(b"\n\n")[0] + b"\n\n")
    words = read_po(io.BytesIO(after), locale="ru")
    assert words.get("Send now").string == "Отправить"  # type: ignore[union-attr]  # a failure is a failure
    assert words.get("a") is None
    assert updated(after, EXTRACTED, "ru") == after


def test_templates_hold_no_words_outside_the_catalogue(tmp_path: Path) -> None:
    """With every word of the catalogue replaced, no letters of the source language are left on any page."""
    pages = Pages(organisation="0", app_name="0", size_limit=LIMIT, catalogues=load_catalogues(marked(tmp_path)))
    for name, page in every_page(pages, "ar").items():
        if name.startswith("problem"):
            continue  # its words are the caller's
        text = read(page.html).one("main").text
        for known in ("CASE-58213-QX", "JPEG", "HEIC", "MP4", "MOV", "3GP", "PNG"):
            text = text.replace(known, "")
        text = re.sub(r"\b[0-9a-f]{64}\b", "", text)
        assert not re.search(r"[A-Za-z]", text), name


def marked(folder: Path, reviewed: str = "no") -> Path:
    """English, and a right-to-left language all of whose words are "¤" and their placeholders."""
    for tag in (SOURCE_LANGUAGE, "ar"):
        words = Catalog(locale=tag, domain="source")
        for message in WORDS:
            marks = tuple("¤ " + " ".join(PLACEHOLDER.findall(text)) for text in ids(message))
            string = (marks[-1:] * words.num_plurals) if message.pluralizable else marks[0]
            words.add(message.id, string if tag == "ar" else "")
        target = folder / tag / "LC_MESSAGES" / "source.po"
        target.parent.mkdir(parents=True)
        with target.open("wb") as file:
            file.write(b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n')
            file.write(f'"Plural-Forms: nplurals={words.num_plurals}; plural={words.plural_expr};\\n"\n'.encode())
            file.write(f'"X-Reviewed-By-Native-Speaker: {reviewed}\\n"\n\n'.encode())
            write_po(file, words, omit_header=True)
    return folder


def test_a_language_is_one_file_that_brings_its_name_direction_and_a_choice_that_follows_every_link(
    tmp_path: Path,
) -> None:
    catalogues = load_catalogues(marked(tmp_path))
    assert catalogues.languages[1] == Language("ar", "العربية", "rtl", reviewed_by_native_speaker=False)
    pages = Pages(size_limit=LIMIT, catalogues=catalogues)
    assert pages.locale_of("ar-EG", None) == "ar"
    page = pages.home("ar", accepted=ACCEPTED)
    document = read(page.html)
    assert document.one("html").attributes == {"lang": "ar", "dir": "rtl"}
    assert page.headers["Content-Language"] == "ar"
    assert document.one("form").attributes["action"] == "/report?lang=ar"
    choices = {a.attributes["hreflang"]: a.attributes["href"] for a in document.all("a") if "hreflang" in a.attributes}
    assert choices == {"en": "/?lang=en", "ar": "/?lang=ar"}


@pytest.mark.parametrize(("reviewed", "paragraphs"), [("no", 2), ("yes", 1)])
def test_a_page_says_when_nobody_has_checked_its_words(tmp_path: Path, reviewed: str, paragraphs: int) -> None:
    pages = Pages(size_limit=LIMIT, catalogues=load_catalogues(marked(tmp_path, reviewed)))
    assert read(pages.lookup("ar").html).one("footer").text.count("¤") == paragraphs  # the promise alone, or both
    assert "grew up with" not in pages.lookup("en").html


def test_a_language_without_a_catalogue_stops_the_start(tmp_path: Path) -> None:
    locales = marked(tmp_path)
    (locales / "ar" / "LC_MESSAGES" / "source.po").unlink()
    with pytest.raises(FileNotFoundError):
        load_catalogues(locales)


def test_a_list_without_the_source_language_stops_the_start(tmp_path: Path) -> None:
    (marked(tmp_path) / SOURCE_LANGUAGE).rename(tmp_path / "fr")
    with pytest.raises(FileNotFoundError):
        load_catalogues(tmp_path)


@pytest.mark.parametrize("folder", ["xx", "not a tag"])
def test_a_folder_that_is_no_language_stops_the_start(tmp_path: Path, folder: str) -> None:
    (marked(tmp_path) / "ar").rename(tmp_path / folder)
    with pytest.raises((UnknownLocaleError, ValueError)):
        load_catalogues(tmp_path)


@pytest.mark.parametrize("reviewed", ["", "perhaps", "Yes"])
def test_a_catalogue_that_does_not_say_whether_it_was_reviewed_stops_the_start(tmp_path: Path, reviewed: str) -> None:
    with pytest.raises(ValueError, match="Reviewed"):
        load_catalogues(marked(tmp_path, reviewed))


def test_a_catalogue_that_does_not_parse_stops_the_start(tmp_path: Path) -> None:
    locales = marked(tmp_path)
    path = locales / "ar" / "LC_MESSAGES" / "source.po"
    path.write_bytes(path.read_bytes() + b'msgid "x\nnonsense')
    with pytest.raises(PoFileError):
        load_catalogues(locales)
