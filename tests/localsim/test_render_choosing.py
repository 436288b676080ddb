"""A GPU's pictures are believed only where they agree with the processor's. Here the GPU is a stand-in."""

from __future__ import annotations

import importlib.util
import json
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim import which_device
from simgen.localsim.quality import LADDER
from simgen.localsim.render import DeviceRefused, Renderers, embree, tracers
from simgen.localsim.render.bvh import BvhCaster, BvhTracer, InstanceTree
from simgen.localsim.render.raycast import Hits, Rays
from simgen.localsim.render.renderer import Renderer
from simgen.localsim.render.tracing import EmbreeTracer, RayTracer
from tests.localsim.far_device import FarDevice
from tests.localsim.render_scenes import EYE_M, pose
from tests.localsim.test_render_repeatable import town

EYE = pose(z=EYE_M)
Wrong = Callable[[Hits | None, Any], None]


def good_gpu() -> RayTracer:
    return BvhTracer(FarDevice())


class WrongTracer(BvhTracer):
    """Spoils what rays met, or what they saw."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(FarDevice())
        self._wrong = wrong

    def caster(self, tree: InstanceTree) -> BvhCaster:
        wrong = self._wrong

        class WrongCaster(BvhCaster):
            def intersect(self, rays: Rays, hits: Hits) -> None:
                super().intersect(rays, hits)
                wrong(hits, None)

            def occlude(self, rays: Rays, visible: Any) -> None:
                super().occlude(rays, visible)
                wrong(None, visible)

        return WrongCaster(tree, self.device)


def too_far(hits: Hits | None, visible: Any) -> None:
    if hits is not None:
        hits.distance.numpy()[...] += 0.02


def one_in_fifty_lost(hits: Hits | None, visible: Any) -> None:
    if hits is not None:
        hits.ids.numpy()[::50] = -1


def no_number(hits: Hits | None, visible: Any) -> None:
    if hits is not None:
        hits.distance.numpy()[::20] = np.nan


def all_in_shadow(hits: Hits | None, visible: Any) -> None:
    if visible is not None:
        visible.zero_()


class Fickle:
    """Each time a little farther, by less than one could see."""

    def __init__(self) -> None:
        self._off = np.float32(0.0)

    def __call__(self, hits: Hits | None, visible: Any) -> None:
        if hits is not None:
            self._off += np.float32(1e-5)
            hits.distance.numpy()[...] += self._off


def broken(hits: Hits | None, visible: Any) -> None:
    raise RuntimeError("Warp CUDA error 700: an illegal memory access was encountered")


def seen_by(view: Renderer) -> NDArray[np.int32]:
    return view.camera(EYE, 64, 48, 1.2, rgb=False).instance


def test_a_gpu_that_agrees_is_taken_and_compared_but_once(caplog: pytest.LogCaptureFixture) -> None:
    made: list[RayTracer] = []

    def gpu() -> RayTracer:
        made.append(good_gpu())
        return made[-1]

    with caplog.at_level(logging.INFO, "simgen.localsim.render.choosing"):
        renderers = Renderers("auto", quality=LADDER["fast"], gpu_is_there=lambda: True, gpu=gpu)
        one, two = renderers.renderer(town(), EYE), renderers.renderer(town(), EYE)
    assert (renderers.device, renderers.why, len(made)) == ("cuda", None, 2)
    assert caplog.text.count("sees what the processor sees") == 1
    assert (seen_by(one) == seen_by(two)).all() and len(one.scene.instances) == 3       # nothing is left standing there


@pytest.mark.parametrize(("wrong", "said"), [
    (too_far, "of a picture's depths differ"), (one_in_fifty_lost, "of a picture's pixels show something else"),
    (no_number, "of a picture's depths differ"), (all_in_shadow, "pixels have another colour"),
    (Fickle(), "of one moment are not the same bytes"),
    (broken, "it fails (RuntimeError: Warp CUDA error 700")])
def test_a_gpu_that_sees_something_else_is_not_taken_and_the_log_says_so(
        wrong: Wrong, said: str, caplog: pytest.LogCaptureFixture) -> None:
    renderers = Renderers("auto", quality=LADDER["fast"], gpu_is_there=lambda: True, gpu=lambda: WrongTracer(wrong))
    view = renderers.renderer(town(), EYE)
    assert renderers.device == "cpu" and renderers.why is not None and said in renderers.why
    [line] = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.startswith("pictures and sweeps are made on the CPU: ") and said in line and "\n" not in line
    assert (seen_by(view) == seen_by(Renderer(town()))).all()


def test_a_gpu_that_was_asked_for_and_sees_something_else_is_refused() -> None:
    renderers = Renderers("cuda", quality=LADDER["fast"], gpu_is_there=lambda: True, gpu=lambda: WrongTracer(too_far))
    with pytest.raises(DeviceRefused, match=r"--device cuda: .* depths differ; give --device cpu"):
        renderers.renderer(town(), EYE)


def test_where_there_is_no_gpu_nothing_is_said_unless_it_was_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    renderers = Renderers("auto", gpu_is_there=lambda: False, gpu=good_gpu)
    assert (renderers.device, renderers.why, caplog.text) == ("cpu", None, "")
    with pytest.raises(DeviceRefused, match="--device cuda: there is no NVIDIA GPU"):
        Renderers("cuda", gpu_is_there=lambda: False)


def test_the_processor_that_was_asked_for_is_taken_whatever_else_is_there() -> None:
    def never() -> RayTracer:
        raise AssertionError("nobody asked for the GPU")

    renderers = Renderers("cpu", gpu_is_there=lambda: True, gpu=never)
    renderers.renderer(town(), EYE)
    assert renderers.device == "cpu"


def test_a_platform_without_embree_renders_all_the_same_and_says_once_that_it_is_slow(
        monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    usual = seen_by(Renderer(town()))
    assert isinstance(tracers.cpu_tracer(), EmbreeTracer)
    tracers._say_once.cache_clear()
    embree.library.cache_clear()
    with monkeypatch.context() as without:
        find = importlib.util.find_spec
        without.setattr(importlib.util, "find_spec", lambda name: None if name == "embreex" else find(name))
        one, two = Renderer(town()), Renderer(town())
    embree.library.cache_clear()
    assert (seen_by(one) == usual).mean() > 0.999 and (seen_by(two) == usual).mean() > 0.999
    assert caplog.text.count("rays are cast by Warp's own trees") == 1 and "'embreex' package" in caplog.text


def test_whoever_starts_several_simulators_can_ask_which_device_they_would_use(
        capsys: pytest.CaptureFixture[str]) -> None:
    assert which_device.main(["--device", "cpu"]) == 0
    assert json.loads(capsys.readouterr().out) == {"device": "cpu", "why": None}
