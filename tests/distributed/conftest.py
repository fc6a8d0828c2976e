"""One cluster of worker processes for all tests of a module."""

import pytest


def of_two_workers():
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'wordvec[dask]'")
    from wordvec.distributed.cluster import open_cluster

    with open_cluster("local:2") as cluster:
        yield cluster


@pytest.fixture(scope="package")
def cluster():
    yield from of_two_workers()
