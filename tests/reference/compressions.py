"""The compressions that corpora may have, by suffix: functions from bytes to bytes."""

import bz2
import gzip
import lzma
import sys


def zstd_compress(data):
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.compress(data)


COMPRESS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zst": zstd_compress,
}
