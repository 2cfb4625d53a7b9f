"""bfloat16 is taken only where the processor multiplies in it."""

from pathlib import Path

import keras
import pytest

from fivenets.detection import processor


@pytest.mark.parametrize(
    ("flags", "dtype"),
    [("fma avx512f avx512_bf16", "bfloat16"), ("amx_bf16", "bfloat16"), ("avx512f", "float32")],
)
def test_the_flags_decide(flags: str, dtype: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "tensorflow")
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : fpu {flags} sse\n")
    assert processor.fastest_dtype(tmp_path / "cpuinfo") == dtype


def test_elsewhere_it_is_float32(tmp_path: Path, monkeypatch) -> None:
    assert processor.fastest_dtype(tmp_path / "none") == "float32"
    (tmp_path / "cpuinfo").write_text("flags : amx_bf16\n")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert processor.fastest_dtype(tmp_path / "cpuinfo") == "float32"
