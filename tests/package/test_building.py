"""What is said where the kernels are not built."""

import pytest

from wordvec import _kernels


def test_a_source_folder_without_built_kernels_says_how_to_build_them(tmp_path, monkeypatch):
    (tmp_path / "sums.pyx").touch()
    monkeypatch.setattr(_kernels, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(ImportError, match=r"'sums' is not.*build_ext --inplace"):
        _ = _kernels.sums
    with pytest.raises(AttributeError, match="no attribute 'products_of_nothing'"):
        _ = _kernels.products_of_nothing
