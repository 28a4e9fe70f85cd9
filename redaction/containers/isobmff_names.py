"""Which boxes are understood (ISO/IEC 14496-12, 14496-14, 14496-15, 3GPP TS 26.244, QuickTime File Format).

An allow-list: what stands nowhere here is turned into `free`. Names are known types only, so that no byte of a file
gets into a finding's name.
"""

from typing import Final

BLANKED: Final = frozenset({b"free", b"skip", b"wide"})

TOP: Final = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"mfra", b"sidx", b"meta", b"uuid"})
"""Boxes of the file level that stay or are looked into."""

TOP_KNOWN: Final = (
    TOP
    | BLANKED
    | {b"emsg", b"udta", b"sefd", b"mpvd", b"pnot", b"PICT", b"idat", b"junk", b"meco", b"ssix", b"prft", b"pdin"}
)
"""Types that are surely a box, so that one which passes the end of the file means that the file was cut."""

CONTAINERS: Final[dict[bytes, frozenset[bytes]]] = {
    b"moov": frozenset({b"mvhd", b"trak", b"mvex", b"iods"}),
    b"trak": frozenset({b"tkhd", b"edts", b"tref", b"mdia", b"tapt", b"trgr"}),
    b"edts": frozenset({b"elst"}),
    b"tapt": frozenset({b"clef", b"prof", b"enof"}),
    b"trgr": frozenset({b"msrc", b"ster", b"tras"}),
    b"tref": frozenset(
        {b"cdsc", b"tmcd", b"chap", b"cdep", b"sync", b"scpt", b"ssrc", b"fall", b"folw", b"auxl", b"vdep", b"vplx"}
    ),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl"}),
    b"dinf": frozenset({b"dref"}),
    b"stbl": frozenset(
        {b"stsd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss", b"stps", b"sdtp"}
        | {b"sgpd", b"sbgp", b"saiz", b"saio", b"senc"}
    ),
    b"mvex": frozenset({b"mehd", b"trex", b"leva"}),
    b"moof": frozenset({b"mfhd", b"traf"}),
    b"traf": frozenset({b"tfhd", b"tfdt", b"trun", b"sdtp", b"sbgp", b"sgpd", b"saiz", b"saio", b"senc"}),
    b"mfra": frozenset({b"tfra", b"mfro"}),
}
"""What may stand in each structural box, beside `udta`, `meta`, `uuid` and blanked boxes."""

TABLES: Final[dict[bytes, tuple[int, int]]] = {
    b"stts": (8, 8),
    b"ctts": (8, 8),
    b"stsc": (8, 12),
    b"stco": (8, 4),
    b"co64": (8, 8),
    b"stss": (8, 4),
    b"stps": (8, 4),
}
"""Bytes before the entries (the last four are their number) and bytes of an entry: anything after that is slack."""

FIXED: Final[dict[bytes, tuple[int, int]]] = {
    b"mvhd": (100, 112),
    b"tkhd": (84, 96),
    b"mdhd": (24, 36),
    b"mehd": (8, 12),
    b"vmhd": (12, 12),
    b"smhd": (8, 8),
    b"clef": (12, 12),
    b"prof": (12, 12),
    b"enof": (12, 12),
    b"trex": (24, 24),
    b"mfhd": (8, 8),
    b"cslg": (24, 44),
    b"tfdt": (8, 12),
    b"mfro": (8, 8),
    b"iods": (40, 40),
}
"""Payload bytes of boxes of fixed length in their versions 0 and 1: anything after that is slack."""

GROUPINGS: Final = frozenset({b"roll", b"prol", b"rap ", b"sync", b"tele", b"tscl"})
"""Sample groups (ISO/IEC 14496-12 section 10) that say from where on a film can be decoded."""

ENTRY_BOXES: Final = frozenset(
    {b"avcC", b"hvcC", b"lhvC", b"av1C", b"vpcC", b"dvcC", b"dvvC", b"dvwC", b"d263", b"esds", b"m4ds", b"glbl"}
    | {b"colr", b"pasp", b"clap", b"fiel", b"gama", b"btrt", b"mdcv", b"clli", b"SmDm", b"CoLL", b"amve", b"ccst"}
    | {b"st3d", b"vexu", b"hfov", b"bitr", b"chrm", b"cinf", b"SMI ", b"jp2h", b"ACLR", b"ARES", b"APRG"}
    | {b"wave", b"chan", b"chnl", b"dac3", b"dec3", b"dac4", b"dOps", b"dfLa", b"damr", b"alac", b"srat", b"pinf"}
    | {b"SA3D", b"pcmC", b"sinf", b"frma", b"enda", b"mhaC", b"ddts", b"udts", b"dmlp", b"iods"}
)
"""Boxes inside a sample entry that decoders and players need."""

VIDEO_FORMATS: Final = frozenset(
    {
        b"avc1",
        b"avc2",
        b"avc3",
        b"avc4",
        b"hvc1",
        b"hev1",
        b"dvh1",
        b"dvhe",
        b"dva1",
        b"dvav",
        b"av01",
        b"vp08",
        b"vp09",
    }
    | {b"mp4v", b"s263", b"h263", b"H263", b"apch", b"apcn", b"apcs", b"apco", b"ap4h", b"ap4x", b"jpeg", b"encv"}
)
"""Video whose decoding does not depend on the compressor's name, so that it can be blanked."""

NAL_FORMATS: Final = frozenset(
    {b"avc1", b"avc2", b"avc3", b"avc4", b"dva1", b"dvav", b"hvc1", b"hev1", b"dvh1", b"dvhe"}
)
"""Video whose samples are length-prefixed NAL units (ISO/IEC 14496-15)."""

MOTION_JPEG_FORMATS: Final = frozenset({b"jpeg", b"mjpa", b"dmb1", b"AVDJ"})
"""Video whose samples are JPEG pictures, which may hold all that photos hold."""

TRACKS: Final = frozenset(
    {"mebx", "gpmd", "camm", "rtmd", "mett", "mets", "metx", "urim", "text", "tx3g", "wvtt", "stpp", "sbtl", "tmcd"}
    | {"fdsc", "priv", "dbgi", "djmd", "c608", "c708", "rtp ", "jpeg", "mp4s", "GPRI", "data"}
)
"""Formats of tracks that are withheld, as they may be named."""

UDTA_KEPT: Final = frozenset({b"\xa9mak", b"\xa9mod", b"manu", b"modl"})
"""Make and model of the camera: evidence, shared by thousands of people."""

_UDTA: Final = (
    "---- BCID CAME FIRM GPMF GUMI HMMT LENS MUID SDLN SETT XMP_ albm apID auth clsf cnfg cntr covr cpil cprt "
    "date desc disk dscp geID gnre hinf hnti kywd ldes loci manu meta modl name perf pgap rtng saut smrd smta "
    "soal soar soco sonm stik tagc titl tmpo tnam trkn vrot yrrc ©ART ©alb ©aut ©cmt ©cpy ©csn ©day ©des ©enc "
    "©fir ©fmt ©fpt ©frl ©fyw ©gen ©gpt ©grl ©gyw ©inf ©lvl ©mak ©mal ©mod ©nam ©req ©src ©swr ©too ©uid ©wrt "
    "©xsp ©xyz ©ysp ©zsp"
)
UDTA_NAMES: Final = {name.encode("latin-1"): name for name in _UDTA.split(" ") if len(name) == 4}
"""User data and iTunes items that may be named."""

KEPT_UUIDS: Final = frozenset(
    bytes.fromhex(digits)
    for digits in (
        "a2394f525a9b4f14a2446c427c648df4",  # PIFF sample encryption
        "8974dbce7be74c5184f97148f9882554",  # PIFF track encryption
        "d08a4f1810f34a82b6c832d8aba183d3",  # PIFF protection system
        "6d1d9b0542d544e680e2141daff757b2",  # tfxd: time of a fragment
        "d4807ef2ca3946958e5426cb9e46a79f",  # tfrf: times of the next fragments
    )
)
UUID_NAMES: Final = {
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): "xmp",
    bytes.fromhex("ffcc8263f8554a938814587a02521fdd"): "spherical",
    bytes.fromhex("85c0b687820f11e08111f4ce462b6a48"): "canon",
    bytes.fromhex("55534d5421d24fcebb88695cfac9c740"): "usmt",
    bytes.fromhex("50524f4621d24fcebb88695cfac9c740"): "prof",
}


def udta_name(kind: bytes) -> str:
    """The name of a user data box or iTunes item, `unknown` when it is none of the list."""
    return UDTA_NAMES.get(kind, "unknown")
