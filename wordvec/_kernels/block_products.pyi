import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
WIDTH: int

def inner(tall: Floats, block: Floats, first: int, last: int, out: Floats, level: int=...) -> None: ...
def subtract(tall: Floats, coefficients: Floats, first: int, last: int, block: Floats, level: int=...) -> None: ...
