"""Readers count what they read, writers leave a whole file or nothing."""

from __future__ import annotations

import io
import os
import stat
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import momentsos as ms
from momentsos.cli import main
from momentsos.cli.data import read_arrays
from momentsos.machine.files import read_whole, write_whole

x, y = ms.variables("x y")
PROBLEM = ms.Problem(x**2 * y - x * y, [1 - x**2 - y**2])
posix = pytest.mark.skipif(os.name != "posix", reason="devices and links of POSIX")


def archive(path: Path, header: str, body: bytes) -> str:
    data = io.BytesIO()
    text = f"{header:<117}\n".encode("latin1")
    data.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("X.npy", data.getvalue())
    return str(path)


@pytest.mark.parametrize("shape", ["(99999999999, 2)", "(-1, 2)", "(3,)", "(2, 99999999999999999999999999)"])
def test_a_shape_that_is_announced_is_compared_with_the_bytes_that_are_there(tmp_path, shape, capsys) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    path = archive(tmp_path / "data.npz", header, b"\0" * 16)
    with pytest.raises(ms.InvalidInput, match=r"announced|plain arrays"):
        read_arrays(path)
    assert main(["learn", path, "--degrees", "2"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_arrays_are_read_in_both_orders(tmp_path) -> None:
    given = {"a": np.arange(6.0).reshape(2, 3), "b": np.asfortranarray(np.arange(6).reshape(2, 3)), "c": np.array(1.5)}
    np.savez_compressed(tmp_path / "data.npz", **given)
    found = read_arrays(str(tmp_path / "data.npz"))
    assert all(np.array_equal(np.atleast_1d(given[name]), found[name]) for name in given)


def test_archives_that_unpack_to_more_than_there_is_room_for_are_refused(tmp_path, monkeypatch) -> None:
    np.savez_compressed(tmp_path / "data.npz", X=np.zeros(10_000))
    monkeypatch.setattr("momentsos.cli.data.available_bytes", lambda: 40_000)
    with pytest.raises(ms.InvalidInput, match="a quarter of"):
        read_arrays(str(tmp_path / "data.npz"))


@posix
@pytest.mark.parametrize("read", [lambda p: read_whole(p, 2**22), ms.Problem.from_json, ms.read_sdpa])
def test_a_file_without_an_end_is_refused(read) -> None:
    with pytest.raises(ms.InvalidInput, match="more than"):
        read("/dev/zero")


def test_null_bytes_in_paths_are_one_line(capsys) -> None:
    for command in (["solve", "\0"], ["verify", "\0"], ["learn", "\0", "--degrees", "2"]):
        assert main(command) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_orders_that_are_too_long_are_one_line(tmp_path, capsys) -> None:
    PROBLEM.to_json(tmp_path / "p.json")
    assert main(["solve", str(tmp_path / "p.json"), "--max-order", "18446744073709551616"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_comment_of_an_sdpa_file_announces_nothing_that_is_believed(tmp_path) -> None:
    path = tmp_path / "p.dat-s"
    ms.relax(PROBLEM).sdp.write_sdpa(path)
    first, rest = path.read_text().split("\n", 1)
    assert first.strip('"').split()[-1].isdigit()
    for announced in ("9" * 30, "9" * 5000, "99999999"):
        path.write_text(f'"{first.strip(chr(34)).rsplit(" ", 1)[0]} {announced}"\n{rest}')
        with pytest.raises(ms.InvalidInput):
            ms.read_sdpa(path)


# -- writing -----------------------------------------------------------------------------------------------


def test_what_is_written_has_the_permissions_of_any_new_file(tmp_path) -> None:
    (tmp_path / "other").write_text("")
    write_whole(tmp_path / "file", "one line\n")
    assert (tmp_path / "file").read_text() == "one line\n"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


def test_nothing_is_left_behind_where_a_file_cannot_be_written(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("momentsos.machine.files.os.fsync", full)
    with pytest.raises(ms.InvalidInput, match="No space left"):
        PROBLEM.to_json(tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_text() == "before"


def test_an_interruption_leaves_nothing_behind(tmp_path, monkeypatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("momentsos.machine.files.os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", "text")
    assert not list(tmp_path.iterdir())


@posix
def test_links_are_replaced_and_not_followed(tmp_path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    (tmp_path / "link.part").symlink_to(tmp_path / "precious")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "precious").read_text() == "kept" and (tmp_path / "link").read_text() == "new"


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is a device of Linux")
def test_devices_stay_devices() -> None:
    write_whole("/dev/null", "text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode) and not os.path.exists("/dev/null.part")
    with pytest.raises(ms.InvalidInput, match="No space left"):
        PROBLEM.to_json("/dev/full")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_a_folder_is_no_file(tmp_path) -> None:
    with pytest.raises(ms.InvalidInput, match="cannot write"):
        write_whole(tmp_path, "text")
    with pytest.raises(ms.InvalidInput, match="cannot read"):
        read_whole(tmp_path)
