"""XMP properties that are known to be harmless, and the form their values must have. Any other value is blanked.

They are what a viewer needs to show the picture: orientation and size, the layout of motion photos and of HDR gain
maps, and the projection of panoramas. Names count by namespace, never by prefix.
"""

from collections.abc import Mapping
from re import Pattern
from re import compile as regex
from typing import Final

from redaction.metadata.xml import Name

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META: Final = "adobe:ns:meta/"
XML: Final = "http://www.w3.org/XML/1998/namespace"
XMP_NOTE: Final = "http://ns.adobe.com/xmp/note/"
EXTENDED_GUID: Final = (XMP_NOTE, "HasExtendedXMP")

_EXIF: Final = "http://ns.adobe.com/exif/1.0/"
_TIFF: Final = "http://ns.adobe.com/tiff/1.0/"
_CAMERA: Final = "http://ns.google.com/photos/1.0/camera/"
_CONTAINER: Final = "http://ns.google.com/photos/1.0/container/"
_ITEM: Final = "http://ns.google.com/photos/1.0/container/item/"
_GAIN_MAP: Final = "http://ns.adobe.com/hdr-gain-map/1.0/"
_PANORAMA: Final = "http://ns.google.com/photos/1.0/panorama/"

NAMESPACES: Final = frozenset(
    {
        *(RDF, META, XML, XMP_NOTE, _EXIF, _TIFF, _CAMERA, _CONTAINER, _ITEM, _GAIN_MAP, _PANORAMA),
        "http://ns.adobe.com/xap/1.0/",
        "http://ns.adobe.com/xap/1.0/mm/",
        "http://ns.adobe.com/xap/1.0/rights/",
        "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
        "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
        "http://ns.adobe.com/photoshop/1.0/",
        "http://ns.adobe.com/camera-raw-settings/1.0/",
        "http://ns.adobe.com/exif/1.0/aux/",
        "http://cipa.jp/exif/1.0/",
        "http://purl.org/dc/elements/1.1/",
        "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
        "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
        "http://www.metadataworkinggroup.com/schemas/regions/",
        "http://ns.google.com/photos/1.0/image/",
        "http://ns.google.com/photos/1.0/depthmap/",
    }
)
"""Namespace URIs that stay; any other declaration's value is blanked with the rest."""

_NUMBER: Final = regex(rb"[+\-]?[0-9]{1,12}(?:\.[0-9]{1,12})?(?:/[0-9]{1,12})?(?:, ?[+\-]?[0-9.]{1,16}){0,2}")
_WORD: Final = regex(rb"[A-Za-z][A-Za-z0-9_]{0,31}")
_MIME: Final = regex(rb"(?:image|video)/[a-z0-9.+\-]{1,24}")


def _names(namespace: str, form: Pattern[bytes], *locals_: str) -> dict[Name, Pattern[bytes]]:
    return dict.fromkeys(((namespace, local) for local in locals_), form)


HARMLESS: Final[Mapping[Name, Pattern[bytes]]] = {
    **_names(_TIFF, _NUMBER, "Orientation", "ImageWidth", "ImageLength", "XResolution", "YResolution"),
    **_names(_TIFF, _NUMBER, "ResolutionUnit", "YCbCrPositioning"),
    **_names(_EXIF, _NUMBER, "ColorSpace", "PixelXDimension", "PixelYDimension"),
    **_names(_CAMERA, _NUMBER, "MicroVideo", "MicroVideoVersion", "MicroVideoOffset"),
    **_names(_CAMERA, _NUMBER, "MicroVideoPresentationTimestampUs", "MotionPhoto", "MotionPhotoVersion"),
    **_names(_CAMERA, _NUMBER, "MotionPhotoPresentationTimestampUs"),
    **_names(_ITEM, _MIME, "Mime"),
    **_names(_ITEM, _WORD, "Semantic"),
    **_names(_ITEM, _NUMBER, "Length", "Padding"),
    **_names(_GAIN_MAP, _NUMBER, "Version", "GainMapMin", "GainMapMax", "Gamma", "OffsetSDR", "OffsetHDR"),
    **_names(_GAIN_MAP, _NUMBER, "HDRCapacityMin", "HDRCapacityMax"),
    **_names(_GAIN_MAP, _WORD, "BaseRenditionIsHDR"),
    **_names(_PANORAMA, _WORD, "ProjectionType", "UsePanoramaViewer"),
    **_names(_PANORAMA, _NUMBER, "CroppedAreaImageWidthPixels", "CroppedAreaImageHeightPixels"),
    **_names(_PANORAMA, _NUMBER, "FullPanoWidthPixels", "FullPanoHeightPixels"),
    **_names(_PANORAMA, _NUMBER, "CroppedAreaLeftPixels", "CroppedAreaTopPixels"),
    **_names(RDF, regex(rb"Resource|Literal"), "parseType"),
    **_names(XML, regex(rb"x-default"), "lang"),
}
"""Name of a property, and the form in which its value is harmless."""
