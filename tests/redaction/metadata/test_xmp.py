"""XMP packets: known values stay, all others become spaces, and what is not plain XML is emptied."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.blanking import blank
from redaction.containers.formats import descend
from redaction.disjoint import disjoint
from redaction.metadata import xmp
from redaction.reader import BytesReader
from redaction.walk import Walk

_RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
_SECRET = "48,51.5057N"


def _redacted(packet: bytes) -> bytes:
    findings = disjoint(xmp.find(BytesReader(packet), Walk(descend), "xmp"))
    redacted = b"".join(blank([packet], findings))
    assert len(redacted) == len(packet)
    return redacted


def _packet(body: str, attributes: str = "", encoding: str = "utf-8") -> bytes:
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Tool 1.2"><rdf:RDF {_RDF}>'
        f'<rdf:Description rdf:about="uuid:1234" {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode(encoding)


def _is_xml(packet: bytes) -> bool:
    ET.fromstring(packet)  # noqa: S314 - the input is this test's own
    return True


_EXIF = 'xmlns:exif="http://ns.adobe.com/exif/1.0/"'
_HIDING = {
    "attribute": ("", f'{_EXIF} exif:GPSLatitude="{_SECRET}"'),
    "single quotes": ("", f"{_EXIF} exif:GPSLatitude='{_SECRET}'"),
    "element": (f"<exif:GPSLatitude>{_SECRET}</exif:GPSLatitude>", _EXIF),
    "another prefix": (f"<e:GPSLatitude>{_SECRET}</e:GPSLatitude>", _EXIF.replace(":exif=", ":e=")),
    "default namespace": (f'<GPSLatitude xmlns="http://ns.adobe.com/exif/1.0/">{_SECRET}</GPSLatitude>', ""),
    "rdf:value": (f"<exif:GPSLatitude><rdf:value>{_SECRET}</rdf:value></exif:GPSLatitude>", _EXIF),
    "bag": (f'<q:place xmlns:q="urn:q"><rdf:Bag><rdf:li>{_SECRET}</rdf:li></rdf:Bag></q:place>', ""),
    "resource": (f'<q:place xmlns:q="urn:q" rdf:resource="{_SECRET}"/>', ""),
    "comment": (f"<!-- {_SECRET} -->", ""),
    "character data": (f'<q:place xmlns:q="urn:q"><![CDATA[{_SECRET}]]></q:place>', ""),
    "instruction": (f"<?place {_SECRET}?>", ""),
    "namespace": ("", f'xmlns:q="urn:{_SECRET}"'),
    "known property of a wrong form": (
        "", f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{_SECRET}"',
    ),
    "known property of a namesake": ("", f'xmlns:tiff="urn:not-tiff" tiff:Orientation="1" tiff:Make="{_SECRET}"'),
    "language": (f'<q:place xmlns:q="urn:q" xml:lang="{_SECRET}">x</q:place>', ""),
    "beside an entity": (f'<q:place xmlns:q="urn:q">&lt;{_SECRET}</q:place>', ""),
}  # fmt: skip


@pytest.mark.parametrize("place", _HIDING)
def test_a_value_that_is_not_known_goes_and_the_packet_stays_xml(place: str) -> None:
    redacted = _redacted(_packet(*_HIDING[place]))
    assert _SECRET.encode() not in redacted
    assert b"Tool 1.2" not in redacted
    assert b"uuid:1234" not in redacted
    assert b"rdf:Description" in redacted
    assert _is_xml(redacted)


@pytest.mark.parametrize(
    "attributes",
    [
        'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"',
        'xmlns:G="http://ns.google.com/photos/1.0/camera/" G:MicroVideo="1" G:MicroVideoOffset="32269"',
        'xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/" h:GainMapMax="2.5" h:BaseRenditionIsHDR="False"',
        'xmlns:I="http://ns.google.com/photos/1.0/container/item/" I:Mime="video/mp4" I:Semantic="MotionPhoto"',
    ],
)
def test_what_a_viewer_needs_stays(attributes: str) -> None:
    assert attributes.encode() in _redacted(_packet("", attributes))


def test_the_checksum_of_an_extended_packet_is_replaced() -> None:
    guid = "0123456789ABCDEF" * 2
    packet = _packet("", f'xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="{guid}"')
    assert b'n:HasExtendedXMP="' + b"0" * 32 + b'"' in _redacted(packet)


@pytest.mark.parametrize(
    "packet",
    [
        _packet(_SECRET, encoding="utf-16"),
        _packet(_SECRET, encoding="utf-16-le"),
        _packet(_SECRET, encoding="utf-32"),
        _packet(_SECRET)[:-40],
        _packet(f"<a>{_SECRET}</b>"),
        _packet(f"<a b={_SECRET}>"),
        _packet(f'<a b="&lt;{_SECRET}<"/>'),
        _packet(f"<unbound:a>{_SECRET}</unbound:a>"),
        _packet("<a>" * 100 + _SECRET + "</a>" * 100),
        f'<!DOCTYPE a [<!ENTITY p "{_SECRET}">]><a>&p;</a>'.encode(),
        _packet("").replace(b"x:xmptk", b"x:\xff\xfe") + _SECRET.encode(),
        _packet(f"\0{_SECRET}"),
    ],
    ids=range(12),
)
def test_what_is_not_plain_xml_is_emptied(packet: bytes) -> None:
    redacted = _redacted(packet)
    assert redacted == b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'.ljust(len(packet))


def test_text_behind_the_packet_goes() -> None:
    packet = _packet("") + _SECRET.encode() + b"\0"
    redacted = _redacted(packet)
    assert _SECRET.encode() not in redacted
    assert redacted.startswith(b"<?xpacket begin")


@given(st.binary(max_size=400), st.integers(0, 500), st.integers(0, 500))
def test_any_damage_ends_and_redacting_twice_changes_nothing_more(junk: bytes, start: int, end: int) -> None:
    packet = _packet(*_HIDING["element"])
    damaged = packet[:start] + junk + packet[end:]
    once = _redacted(damaged)
    assert _redacted(once) == once
