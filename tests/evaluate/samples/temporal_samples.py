"""Small sets of the tasks of slices of time, whose names are 1 and 2."""

from task_sample import Sample


def changes():
    return [f"{kind}{i}\t{i % 2}" for kind in "ab" for i in range(12)] + ["missing\t1"]


def questions():
    return [f"a{i}-1,b{(5 * i) % 12}-2" for i in range(11)] + [
        "a1-1,a1-2",
        "a3-2,a4-1",
        "missing-1,missing-2",
        "a1-1,a2-7",
    ]


SAMPLES = {
    "drift": Sample("truth/binary.txt", changes),
    "temporal-analogies": Sample("testset.csv", questions),
}
