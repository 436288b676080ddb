"""All kernels are CUDA too: compiled for a GPU where there is none."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from simgen.localsim.render import compile_cuda, renderer
from simgen.localsim.render.bvh import BvhTracer
from simgen.localsim.render.compile_cuda import ARCHITECTURES, DoesNotCompile, compile_all, kernel_modules
from simgen.localsim.render.kernels import bvh, flow
from simgen.localsim.render.tracing import EmbreeTracer
from simgen.localsim.render.warp_runtime import wp

BROKEN = '''
"""A kernel that is good C++ for a processor and none for a GPU."""
import warp as wp

@wp.func_native("""
#if defined(__CUDA_ARCH__)
    return no_such_function(x);
#else
    return x;
#endif
""")
def only_here(x: float) -> float: ...

@wp.kernel
def broken(numbers: wp.array(dtype=float)):
    numbers[wp.tid()] = only_here(numbers[wp.tid()])
'''


def module_of(text: str, path: Path) -> ModuleType:
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_every_kernel_compiles_for_the_oldest_gpus() -> None:
    modules = kernel_modules()
    made = list(compile_all(modules, ARCHITECTURES[:1]))
    assert [one.module for one in made] == [module.__name__ for module in modules]
    assert all(one.bytes > 1000 for one in made)


def test_all_that_a_renderer_loads_is_among_what_is_compiled() -> None:
    loaded = {*renderer._KERNELS, *EmbreeTracer.kernels, *BvhTracer.kernels}
    assert {module for module in loaded if wp.get_module(module.__name__).kernels} == set(kernel_modules())


def test_the_ray_tracer_of_gpus_compiles_for_old_and_new_ones() -> None:
    assert [one.architecture for one in compile_all([bvh], ARCHITECTURES)] == [75, 90]


def test_a_kernel_that_is_no_cuda_is_found(tmp_path: Path) -> None:
    broken = module_of(BROKEN, tmp_path / "broken_on_a_gpu.py")
    with pytest.raises(DoesNotCompile, match="broken_on_a_gpu does not compile for sm_75"):
        list(compile_all([flow, broken], [75]))


def test_the_command_says_which_module_fails(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken = module_of(BROKEN, tmp_path / "broken_for_the_command.py")
    monkeypatch.setattr(compile_cuda, "kernel_modules", lambda: [flow, broken])
    assert compile_cuda.main(["--arch", "75"]) == 1
    said = capsys.readouterr()
    assert "sm_75 flow" in said.out and "broken_for_the_command" in said.err
