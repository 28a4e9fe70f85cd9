"""Real faces, real files, and judges that share nothing with what covered them: Haar cascades, ffmpeg, exiftool."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from evidence.canonical import decode, encode
from redaction.visual.covering import Pixels
from tests.cli.commands import Amparo, assert_failed, assert_wrong_use, process
from tests.oracles import require
from tests.paths import CORPUS, ROOT

PACKAGES: Final = ROOT / "build" / "oracles" / "portrait"  # where .ci/run puts what tests/oracles/portrait pins
FACE: Final = (120, 20, 360, 260)  # in a published portrait that a package carries: left, upper, right, lower
FRAMES: Final = 12
CASCADES: Final = Path(cv2.__file__).parent / "data"
# The smallest MP4 rotation: the matrix of a picture that lies on its side.
_UPRIGHT: Final = bytes.fromhex("00010000000000000000000000000000000100000000000000000000000000004000" + "0000")
_TURNED: Final = bytes.fromhex("0000000000010000" + "00000000" + "ffff0000" + "00000000" * 4 + "40000000")


def faces(picture: Pixels) -> int:
    """What Viola and Jones find, at a generous setting."""
    cascade = cv2.CascadeClassifier(str(CASCADES / "haarcascade_frontalface_default.xml"))
    return len(cascade.detectMultiScale(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 1.05, 3, minSize=(24, 24)))


def pixels(path: Path) -> Pixels:
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def run(*words: str | Path) -> bytes:
    return subprocess.run([str(word) for word in words], check=True, capture_output=True).stdout


def frames_of(path: Path) -> list[Pixels]:
    """As a player shows them, by the ffmpeg of the system."""
    stream = probe(path)["streams"][0]
    raw = run("ffmpeg", "-v", "error", "-i", path, "-vsync", "0", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    size = (stream["width"], stream["height"])
    shape = size if any(each.get("rotation", 0) % 180 for each in stream.get("side_data_list", [])) else size[::-1]
    return list(np.frombuffer(raw, np.uint8).reshape(-1, *shape, 3))


def probe(path: Path) -> Any:
    order = ["-select_streams", "v:0", "-show_streams", "-show_format", "-of", "json"]
    return json.loads(run("ffprobe", "-v", "error", *order, path))


def times_of(path: Path) -> list[float]:
    """When each frame is shown, in seconds from the first."""
    told = json.loads(run("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_frames", "-of", "json", path))
    times = [float(frame["best_effort_timestamp_time"]) for frame in told["frames"]]
    return [time - times[0] for time in times]


def sound_packets(path: Path) -> bytes:
    return run("ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-c", "copy", "-f", "streamhash", "-")


def loudest(path: Path) -> float:
    """The frequency (Hz) that sounds loudest in a second and a half of sound."""
    raw = run("ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-ac", "1", "-ar", "48000", "-f", "f32le", "-")
    wave = np.frombuffer(raw, np.float32)
    assert len(wave) == pytest.approx(1.5 * 48000, rel=0.05)
    return float(np.abs(np.fft.rfft(wave)).argmax() * 48000 / len(wave))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wall with one portrait at (60, 30), 160 pixels wide; no other face."""
    wall = np.full((240, 320, 3), (90, 110, 120), np.uint8)
    wall[::16] = 100
    portrait = require.folder(PACKAGES / "skimage" / "data") / "astronaut.png"
    with Image.open(portrait) as whole:
        wall[30:190, 60:220] = np.array(whole.convert("RGB").crop(FACE).resize((160, 160)))
    path = tmp_path_factory.mktemp("scene") / "scene.png"
    Image.fromarray(wall).save(path)
    return path


@pytest.fixture(scope="module")
def film(scene: Path) -> Path:
    require.tool("ffmpeg")
    path = scene.with_name("film.mp4")
    sources: list[str | Path] = [
        "-loop",
        "1",
        "-i",
        scene,
        "-f",
        "lavfi",
        "-i",
        "sine=frequency=1000:sample_rate=48000",
    ]
    coded = ["-r", "8", "-t", "1.5", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    tags = ["-metadata", "title=hidden words", "-metadata", "location=+52.5+013.4/"]
    run("ffmpeg", "-v", "error", *sources, *coded, *tags, path)
    return path


def test_face_is_found_by_the_judge_before(scene: Path, film: Path) -> None:
    assert faces(pixels(scene)) >= 1
    assert all(faces(frame) for frame in frames_of(film))


def test_photo_loses_its_face_and_nothing_else(amparo: Amparo, scene: Path, tmp_path: Path) -> None:
    said = amparo("blur", scene, "-o", tmp_path / "out.png", "--json")
    assert (said.code, said.err) == (0, "")
    before, after = pixels(scene), pixels(tmp_path / "out.png")
    assert faces(after) == 0
    (box,) = said.json["covered"]
    inside = np.zeros(before.shape[:2], bool)
    inside[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]] = True
    assert not after[inside].any()
    assert (after[~inside] == before[~inside]).all()
    assert 0.02 < inside.mean() < 0.4


def test_record_names_its_parent_and_is_canonical(amparo: Amparo, scene: Path, tmp_path: Path) -> None:
    said = amparo("blur", scene, "-o", tmp_path / "out.png", "--json")
    document = (tmp_path / "out.png.record.json").read_bytes()
    record: Any = decode(document.removesuffix(b"\n"))
    assert record == said.json
    assert document == encode(record) + b"\n"
    assert record["format"] == "amparo/derivative/1"
    for member, path in (("parent", scene), ("result", tmp_path / "out.png")):
        data = path.read_bytes()
        assert (record[member]["sha256"], record[member]["bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
    assert record["parent"]["exhibit"] is None
    assert (record["manner"], record["audio"], record["faces"]) == ("solid", "none", 1)
    assert len(record["detector"]["model_sha256"]) == 64


def test_mosaic_hides_the_face_from_the_judge(amparo: Amparo, scene: Path, tmp_path: Path) -> None:
    said = amparo("blur", scene, "-o", tmp_path / "out.png", "--mosaic", "--json")
    (box,) = said.json["covered"]
    after = pixels(tmp_path / "out.png")
    assert faces(after) == 0
    inside = after[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]]
    assert len(np.unique(inside.reshape(-1, 3), axis=0)) <= 16


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_photo_comes_out_upright_with_boxes_as_displayed(
    amparo: Amparo, scene: Path, tmp_path: Path, orientation: int
) -> None:
    with Image.open(scene) as picture:
        stored = picture.transpose(_STORED[orientation]) if orientation in _STORED else picture.copy()
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker of the camera"
    stored.save(tmp_path / "in.jpg", quality=95, subsampling=0, exif=exif, comment=b"hidden words")
    said = amparo("blur", tmp_path / "in.jpg", "-o", tmp_path / "out.png", "--no-faces", "--box", "60,30,160,160")
    assert said.code == 0
    before, after = pixels(scene).astype(int), pixels(tmp_path / "out.png").astype(int)
    assert after.shape == before.shape
    assert not after[30:190, 60:220].any()
    outside = np.ones(before.shape[:2], bool)
    outside[20:200, 50:230] = False
    assert np.abs(after - before)[outside].max() < 24


_STORED: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("ending", ["jpg", "webp", "png"])
def test_photo_keeps_no_metadata_thumbnail_or_trailer(amparo: Amparo, scene: Path, tmp_path: Path, ending: str) -> None:
    require.tool("exiftool")
    with Image.open(scene) as picture:
        picture.save(tmp_path / "in.jpg", quality=95, comment=b"hidden words")
        picture.save(tmp_path / "thumbnail.jpg")
    tags = ["-GPSLatitude=52.5", "-Make=Maker", f"-ThumbnailImage<={tmp_path / 'thumbnail.jpg'}"]
    run("exiftool", "-q", "-overwrite_original", *tags, tmp_path / "in.jpg")
    with (tmp_path / "in.jpg").open("ab") as file:
        file.write(b"\0\0\0\x18ftypmp42hidden words")
    out = tmp_path / f"out.{ending}"
    assert amparo("blur", tmp_path / "in.jpg", "-o", out).code == 0
    told = json.loads(run("exiftool", "-j", "-G1", out))[0]
    groups = {name.partition(":")[0] for name in told} - {"SourceFile", "ExifTool", "System", "Composite"}
    assert groups <= {"File", "JFIF", "PNG", "RIFF"}
    assert b"hidden" not in out.read_bytes()
    assert faces(pixels(out)) == 0


def test_heic_photo_is_read(amparo: Amparo, scene: Path, tmp_path: Path) -> None:
    with Image.open(scene) as picture:
        pillow_heif.from_pillow(picture).save(tmp_path / "in.heic", quality=90)
    assert amparo("blur", tmp_path / "in.heic", "-o", tmp_path / "out.jpg").code == 0
    assert faces(pixels(tmp_path / "out.jpg")) == 0


def test_film_loses_its_face_in_every_frame_and_keeps_its_sound(amparo: Amparo, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    said = amparo("blur", film, "-o", out, "--json", "--box", "250,200,40,20@0.5-0.9", "--review", tmp_path / "r.png")
    assert (said.code, said.err) == (0, "")
    before, after = frames_of(film), frames_of(out)
    assert len(after) == len(before) == FRAMES
    assert [faces(frame) for frame in after] == [0] * FRAMES
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        assert np.abs(old[200:, 230:250].astype(int) - new[200:, 230:250]).mean() < 4
        marked = new[204:216, 256:284].max() < 24
        assert marked == (0.5 <= number / 8 <= 0.9)
    assert sound_packets(out) == sound_packets(film)
    assert float(probe(out)["format"]["duration"]) == pytest.approx(float(probe(film)["format"]["duration"]), abs=0.13)
    assert said.json["audio"] == "kept"
    assert {each["what"] for each in said.json["covered"]} == {"face", "marked"}
    assert faces(pixels(tmp_path / "r.png")) == 0


def test_film_keeps_no_metadata(amparo: Amparo, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    amparo("blur", film, "-o", out, "--audio", "remove")
    data = out.read_bytes()
    assert [word for word in (b"hidden", b"+52.5", b"Lavf", b"x264", b"GPAC") if word in data] == []
    assert set(probe(out)["format"]["tags"]) <= {"major_brand", "minor_version", "compatible_brands"}
    assert run("ffprobe", "-v", "error", "-select_streams", "a", "-show_streams", out) == b""


@pytest.mark.parametrize(("audio", "hertz", "ending"), [("lower", 800, "mp4"), ("higher", 1250, "mkv")])
def test_pitch_is_shifted_and_the_length_kept(
    amparo: Amparo, film: Path, tmp_path: Path, audio: str, hertz: float, ending: str
) -> None:
    out = tmp_path / f"out.{ending}"
    said = amparo("blur", film, "-o", out, "--no-faces", "--box", "0,0,9,9", "--audio", audio, "--json")
    assert said.json["audio"] == audio
    assert loudest(film) == pytest.approx(1000, rel=0.02)
    assert loudest(out) == pytest.approx(hertz, rel=0.02)
    assert float(probe(out)["format"]["duration"]) == pytest.approx(1.5, abs=0.15)


def test_turned_film_is_covered_as_displayed(amparo: Amparo, film: Path, tmp_path: Path) -> None:
    data = film.read_bytes()
    at = data.index(b"tkhd") + 44
    assert data[at : at + 36] == _UPRIGHT
    (tmp_path / "in.mp4").write_bytes(data[:at] + _TURNED + data[at + 36 :])
    said = amparo(
        "blur", tmp_path / "in.mp4", "-o", tmp_path / "out.mp4", "--no-faces", "--box", "0,0,60,100", "--json"
    )
    assert (said.json["width"], said.json["height"]) == (240, 320)
    before, after = frames_of(tmp_path / "in.mp4"), frames_of(tmp_path / "out.mp4")
    assert after[0].shape == before[0].shape == (320, 240, 3)
    assert after[3][4:96, 4:56].max() < 24
    assert np.abs(before[3][120:].astype(int) - after[3][120:]).mean() < 4


def test_webm_is_written(amparo: Amparo, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.webm"
    assert amparo("blur", film, "-o", out, "--audio", "remove").code == 0
    assert [faces(frame) for frame in frames_of(out)] == [0] * FRAMES
    assert_failed(amparo("blur", film, "-o", tmp_path / "other.webm", "--no-faces", "--box", "0,0,9,9"))


@pytest.mark.parametrize(
    "words",
    [
        ["-o", "out.tiff"],
        ["-o", "out.mp4"],
        ["-o", "out.png", "--box", "1,2,3"],
        ["-o", "out.png", "--box", "1,2,0,3"],
        ["-o", "out.png", "--box", "900,900,5,5"],
        ["-o", "out.png", "--box", "1,1,5,5@2-3"],
        ["-o", "out.png", "--no-faces"],
        ["-o", "out.png", "--review", "sheet.pdf"],
    ],
)
def test_wrong_use_is_explained_and_nothing_written(
    amparo: Amparo, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Sequence[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_wrong_use(amparo("blur", scene, *words))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(amparo: Amparo, scene: Path, tmp_path: Path) -> None:
    (tmp_path / "out.png.record.json").write_text("mine")
    assert_wrong_use(amparo("blur", scene, "-o", tmp_path / "out.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["out.png.record.json"]


def test_broken_files_are_explained_and_nothing_written(
    amparo: Amparo, scene: Path, film: Path, tmp_path: Path
) -> None:
    for original, ending in ((scene, "png"), (film, "mp4")):
        data = original.read_bytes()
        for size in (20, len(data) // 3, len(data) - 500):
            broken = tmp_path / "broken"
            broken.write_bytes(data[:size])
            assert_failed(amparo("blur", broken, "-o", tmp_path / f"out.{ending}"))
            broken.unlink()
    assert list(tmp_path.iterdir()) == []


def test_exhibit_of_an_opened_bundle_is_named(amparo: Amparo, tmp_path: Path, handed: Any) -> None:
    opened = tmp_path / "opened"
    assert amparo("open", handed.bundle, "-i", handed.key, "--trust", handed.trust, "-o", opened).code == 0
    photo = next(path for path in sorted(opened.iterdir()) if path.suffix == ".jpg")
    said = amparo("blur", photo, "-o", tmp_path / "out.jpg", "--no-faces", "--box", "0,0,8,8", "--json")
    record = json.loads((opened / "records" / f"{photo.stem}.json").read_bytes())
    expected = {"case": record["case"], "exhibit": record["exhibit"], "number": record["number"]}
    assert said.json["parent"]["exhibit"] == expected


def test_without_its_libraries_it_says_how_to_get_them(scene: Path, tmp_path: Path) -> None:
    script = "import importlib.util as u; f=u.find_spec; u.find_spec=lambda n, *a: None if n == 'av' else f(n, *a)\n"
    script += "import sys; from api.cli.main import main; raise SystemExit(main(sys.argv[1:]))"
    words = ["blur", str(scene), "-o", str(tmp_path / "out.png")]
    done = subprocess.run([sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "make blur" in done.stderr
    assert "amparo[blur]" in done.stderr


def test_listed_and_light() -> None:
    assert "blur" in process("--help").out
    script = "import sys, api.cli.blur; raise SystemExit(bool({'av', 'cv2', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    "name",
    [
        "real/ultraHDR.jpg",
        "real/Android_Depth_Map.jpg",
        "generated/jpeg_google_motion_photo.jpg",
        "real/ss-motion-photo-shortened.jpg",
        "real/HMD_Nokia_8.3_5G_hdr.heif",
        "generated/jpeg_mpf_secondary_gps.jpg",
        "generated/heic_samsung_mpvd_sefd.heic",
    ],
)
def test_photo_of_a_phone_keeps_no_second_picture_map_or_film(amparo: Amparo, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out.jpg"
    assert amparo("blur", require.folder(CORPUS) / name, "-o", out, "--no-faces", "--box", "0,0,32,32").code == 0
    data = out.read_bytes()
    assert data.count(b"\xff\xd8\xff") == 1
    assert data.endswith(b"\xff\xd9")
    for sign in (b"ftyp", b"MPF\0", b"hdrgm", b"urn:iso", b"GDepth", b"GCamera", b"MotionPhoto", b"SEFT", b"Exif"):
        assert sign not in data
    assert pixels(out)[2:30, 2:30].max() < 24


@pytest.mark.parametrize(("ending", "sound"), [("avi", "mp3"), ("3gp", "aac")])
def test_films_of_older_phones_and_cameras_are_read(
    amparo: Amparo, film: Path, tmp_path: Path, ending: str, sound: str
) -> None:
    old = tmp_path / f"in.{ending}"
    run("ffmpeg", "-v", "error", "-i", film, "-c:v", "mpeg4", "-q:v", "3", "-c:a", sound, old)
    out = tmp_path / "out.mp4"
    assert amparo("blur", old, "-o", out).code == 0
    after = frames_of(out)
    assert len(after) == len(frames_of(old))
    assert [faces(frame) for frame in after] == [0] * len(after)
    assert sound_packets(out) == sound_packets(old)


@pytest.mark.parametrize("name", ["real/video_desks.3gp", "real/hlg10-color-test.mp4", "real/meta.mov"])
def test_films_of_the_corpus_are_covered_in_every_frame(amparo: Amparo, tmp_path: Path, name: str) -> None:
    out, original = tmp_path / "out.mp4", require.folder(CORPUS) / name
    assert amparo("blur", original, "-o", out, "--no-faces", "--box", "0,0,64,64", "--audio", "remove").code == 0
    after = frames_of(out)
    assert len(after) == len(frames_of(original))
    assert max(frame[4:60, 4:60].max() for frame in after) < 24


def test_frames_keep_their_uneven_times(amparo: Amparo, film: Path, tmp_path: Path) -> None:
    uneven = tmp_path / "in.mp4"
    later = "settb=1/1000,setpts=if(lt(N\\,5)\\,N*40\\,200+(N-5)*310)"
    coded = ["-vsync", "passthrough", "-enc_time_base", "-1", "-c:v", "libx264"]
    run("ffmpeg", "-v", "error", "-i", film, "-an", "-vf", later, *coded, uneven)
    out = tmp_path / "out.mp4"
    assert amparo("blur", uneven, "-o", out).code == 0
    before, after = times_of(uneven), times_of(out)
    assert len(after) == FRAMES
    assert max(later - earlier for earlier, later in pairwise(before)) > 0.3
    assert after == pytest.approx(before, abs=0.002)


def test_what_the_original_withholds_is_not_carried_on_in_its_sound(amparo: Amparo, film: Path, tmp_path: Path) -> None:
    place = b"48.8583 and 2.2944"
    (tmp_path / "sound.raw").write_bytes((bytes(200) + place + bytes(200)) * 200)
    raw: list[str | Path] = ["-f", "s16le", "-ar", "48000", "-ac", "1", "-i", tmp_path / "sound.raw"]
    kept = ["-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "copy", "-metadata", "location=+48.8583+002.2944/"]
    run("ffmpeg", "-v", "error", "-i", film, *raw, *kept, tmp_path / "in.mov")
    said = amparo("blur", tmp_path / "in.mov", "-o", tmp_path / "out.mkv")
    assert_failed(said)
    assert not (tmp_path / "out.mkv").exists()
    assert amparo("blur", tmp_path / "in.mov", "-o", tmp_path / "out.mkv", "--audio", "remove").code == 0
