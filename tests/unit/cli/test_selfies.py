"""`mrc wallet receive-ic --selfie`: which files are sent, and what of them leaves the wallet."""

import io
from pathlib import Path

import pytest
from PIL import Image

from mrc.cli.output import Refusal
from mrc.cli.wallet_face import encode_frame, frames_for, selfies_in
from mrc.protocols.ic_issuance.face import MAX_FRAME, FaceProblem, Gesture
from mrc.protocols.ic_issuance.messages import ShowFace

G = Gesture


def asked(*gestures: Gesture, problem: FaceProblem | None = None) -> ShowFace:
    return ShowFace(nonce=b"n", gestures=gestures, expires_in=90, tries_left=2, problem=problem)


def selfie(path: Path, colour: str = "grey", size=(200, 250), **options) -> Path:
    Image.new("RGB", size, colour).save(path, **options)
    return path


def test_files_and_folders_are_known_by_the_gestures_they_are_named_after(tmp_path):
    folder = tmp_path / "faces"
    folder.mkdir()
    left, straight = selfie(folder / "turn_left.png"), selfie(folder / "straight.JPG")
    (folder / "notes.txt").write_text("not a picture")
    up = selfie(tmp_path / "look_up.jpg")
    assert selfies_in([folder, up]) == {G.TURN_LEFT: left, G.STRAIGHT: straight, G.LOOK_UP: up}


def test_a_file_named_after_no_gesture_is_refused(tmp_path):
    with pytest.raises(Refusal, match="named after no gesture"):
        selfies_in([selfie(tmp_path / "me.jpg")])


def test_the_frames_are_sent_in_the_order_asked(tmp_path):
    colours = {G.STRAIGHT: "red", G.LOOK_UP: "lime", G.TURN_LEFT: "blue"}
    files = {one: selfie(tmp_path / f"{one.value}.png", colour) for one, colour in colours.items()}
    frames = frames_for(asked(G.STRAIGHT, G.TURN_LEFT, G.LOOK_UP), files)
    pixels = [Image.open(io.BytesIO(frame)).getpixel((5, 5)) for frame in frames or ()]
    assert [max(range(3), key=pixel.__getitem__) for pixel in pixels] == [0, 2, 1]


def test_without_a_terminal_a_missing_picture_is_no_answer(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    files = {G.STRAIGHT: selfie(tmp_path / "straight.png")}
    assert frames_for(asked(G.STRAIGHT, G.LOOK_UP), files) is None
    assert "wanted: look_up.jpg" in capsys.readouterr().err


def test_files_that_were_no_use_are_not_sent_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    files = {G.STRAIGHT: selfie(tmp_path / "straight.png")}
    assert frames_for(asked(G.STRAIGHT, problem=FaceProblem.TOO_DARK), files) is None
    assert "It is too dark." in capsys.readouterr().err


def test_nothing_but_pixels_leaves_the_wallet(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif[0x8825] = {1: "N", 2: (37.0, 33.0, 59.0)}
    path = selfie(tmp_path / "straight.jpg", exif=exif, comment=b"my telephone")
    frame = encode_frame(path)
    assert b"taken at home" in path.read_bytes()
    assert not Image.open(io.BytesIO(frame)).getexif()
    assert b"home" not in frame
    assert b"telephone" not in frame


def test_a_large_picture_is_made_to_fit(tmp_path):
    noise = Image.effect_noise((3000, 4000), 60)
    path = tmp_path / "straight.png"
    noise.save(path)
    with pytest.raises(Refusal, match="too large"):
        encode_frame(path)  # noise is the one thing that JPEG cannot make small
    smooth = selfie(tmp_path / "turn_left.png", size=(3000, 4000))
    assert len(encode_frame(smooth)) <= MAX_FRAME


def test_a_file_that_is_no_picture_is_refused_in_words(tmp_path):
    path = tmp_path / "straight.jpg"
    path.write_bytes(b"not a picture")
    with pytest.raises(Refusal, match="no picture that can be read"):
        encode_frame(path)
