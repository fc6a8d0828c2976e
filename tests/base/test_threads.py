"""Threads and the cores that they run on."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from wordvec.base.threads import current_core, leave_core


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not bind threads to cores")
def test_a_thread_leaves_a_core_and_may_use_all_of_them_again():
    def moves():
        core, allowed = current_core(), os.sched_getaffinity(0)
        leave_core(core)
        assert os.sched_getaffinity(0) == allowed and current_core() in allowed
        return current_core() != core or len(allowed) == 1

    with ThreadPoolExecutor(1) as pool:
        assert any(pool.submit(moves).result() for _ in range(20))  # the system may move it back at any time
        pool.submit(leave_core, None).result()
