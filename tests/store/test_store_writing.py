"""Writing native files: the old file or the new one, never half of one, whatever happens."""

import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest
from native_files import WORDS, toy

from wordvec.base.errors import OutputError
from wordvec.outputs import open_output
from wordvec.vectors import KeyedVectors


@pytest.fixture
def path(tmp_path):
    return tmp_path / "toy.safetensors"


def leftovers(folder):
    return [name for name in os.listdir(folder) if name.endswith(".tmp")]


def test_umask_and_old_permissions_count(tmp_path):
    before = os.umask(0o027)
    try:
        new, old = tmp_path / "new", tmp_path / "old"
        toy().save(new)
        assert stat.S_IMODE(new.stat().st_mode) == 0o640
        old.touch()
        old.chmod(0o664)
        toy().save(old)
        assert stat.S_IMODE(old.stat().st_mode) == 0o664
    finally:
        os.umask(before)


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    toy().save(link)
    assert link.is_symlink() and not target.is_symlink() and list(KeyedVectors.load(target)) == WORDS
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "folder" / "new")
    toy().save(dangling)
    assert dangling.is_symlink() and (tmp_path / "folder" / "new").is_file()


def test_targets_that_are_refused(tmp_path):
    pipe, loop = tmp_path / "pipe", tmp_path / "loop"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    cases = [
        (tmp_path, "this is a folder"),
        (pipe, "device, pipe or socket"),
        ("/dev/null", "device, pipe or socket"),
        (tmp_path / "no" / "such", "folder of the output must exist"),
        (loop, "links without end"),
        (tmp_path / ("x" * 300), "must be writable"),
    ]
    for target, problem in cases:
        with pytest.raises(OutputError, match=problem):
            toy().save(target)
    assert not leftovers(tmp_path) and stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_long_names_and_odd_names(tmp_path):
    for name in ("x" * 255, "é" * 120, "a b\nc", b"\xff.store"):
        target = os.path.join(os.fsencode(tmp_path), os.fsencode(name))
        toy().save(os.fsdecode(target))
        assert os.path.isfile(target)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_and_file(tmp_path):
    file = tmp_path / "file"
    file.touch(mode=0o444)
    with pytest.raises(OutputError, match="must be writable"):
        toy().save(file)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OutputError, match="must be writable"):
            toy().save(tmp_path / "new")
    finally:
        tmp_path.chmod(0o755)


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "x"
    target.write_bytes(b"old")
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error), open_output(target) as file:
            file.write(b"new")
            raise error
    assert target.read_bytes() == b"old" and os.listdir(tmp_path) == ["x"]


LIMITED = """
import resource, sys, numpy as np
from wordvec.vectors import KeyedVectors
from wordvec.base.errors import OutputError
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    KeyedVectors([f"w{i}" for i in range(20_000)], np.ones((20_000, 50), np.float32)).save(sys.argv[1])
except OutputError as error:
    print(error.errno, error)
    sys.exit(7)
"""


def test_a_file_that_may_not_grow(tmp_path):
    target = tmp_path / "x.safetensors"
    toy().save(target)
    old = target.read_bytes()
    child = subprocess.run([sys.executable, "-c", LIMITED, target, "limit"], capture_output=True, text=True, timeout=60)
    assert child.returncode == 7 and "must stay below the size that is allowed" in child.stdout, child.stderr
    assert target.read_bytes() == old and os.listdir(tmp_path) == ["x.safetensors"]


def test_a_disk_that_fills(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small tmpfs")
    try:
        target = folder / "x.safetensors"
        toy().save(target)
        old = target.read_bytes()
        child = subprocess.run(
            [sys.executable, "-c", LIMITED, target, "no"], capture_output=True, text=True, timeout=60
        )
        assert child.returncode == 7 and "disk must have room" in child.stdout, child.stderr
        assert target.read_bytes() == old and os.listdir(folder) == ["x.safetensors"]
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path):
    target = tmp_path / "x.safetensors"
    code = """
import sys, numpy as np
from wordvec.vectors import KeyedVectors
vectors = KeyedVectors([f"w{i}" for i in range(20_000)], np.ones((20_000, 50), np.float32))
print("ready", flush=True)
while True:
    vectors.save(sys.argv[1])
"""
    toy().save(target)
    rng, sizes = random.Random(7), set()
    for _ in range(6):
        child = subprocess.Popen([sys.executable, "-c", code, target], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0, 0.15))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        vectors = KeyedVectors.load(target)
        vectors.verify()
        sizes.add(len(vectors))
    assert sizes <= {len(WORDS), 20_000}


def test_readers_keep_the_file_they_opened(path):
    toy().save(path)
    opened = KeyedVectors.load(path)
    KeyedVectors(["other"], [[9.0]]).save(path)
    assert list(opened) == WORDS and opened.vectors.tobytes() == toy().vectors.tobytes()
    assert list(KeyedVectors.load(path)) == ["other"]


def test_threads_may_write_the_same_file(path):
    def write(scale):
        for _ in range(10):
            toy(scale=scale).save(path)

    threads = [threading.Thread(target=write, args=(scale,)) for scale in (1.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    KeyedVectors.load(path).verify()
    assert os.listdir(path.parent) == [path.name]
