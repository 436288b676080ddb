"""A window of Open3D's that shows a frame in space and steps through the dataset by key.

Of Open3D's two viewers the older one is taken: it needs OpenGL alone, which any desktop has (Mesa's in software, too),
where the newer one wants Vulkan. It writes no text, so names are thin plates of triangles that are turned towards the
viewer and kept at one size whenever the view changes.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.errors import RequestError
from simgen.report import brush
from simgen.report.cloud import load_open3d
from simgen.report.palette import BACKGROUND
from simgen.report.scene import load_scene
from simgen.report.view.colors import Coloring
from simgen.report.view.model import Lines, Model, Name, build_model
from simgen.report.view.painter import BEHIND_THE_EGO

Floats = NDArray[np.float64]

WINDOW_PX = (1400, 850)
POINT_PX = 2.5
NAME_PX = 10.0
KEY_RIGHT, KEY_LEFT = 262, 263          # GLFW's numbers; letters and digits are their ASCII codes
KEYS = "next and previous frame: N and P, or right and left; colours: 1 to 5, or C for the next; H: this view; Q: end"
NO_SCREEN = "view: there is no screen for a window; add '--save view.png' for a picture instead"


def open_window(
    root: Path, frames: Sequence[str], first: str, coloring: Coloring, tell: Callable[[str], None] = lambda _: None
) -> None:
    """Show a frame until the window is closed.

    frames: ids that the keys step through; first: the one to begin with. tell: takes a line about each frame shown.
    Raises RequestError if there is no screen or Open3D cannot be loaded, and what ``load_scene`` raises.
    """
    if not has_screen():                    # Open3D would draw on and on without a window
        raise RequestError(NO_SCREEN)
    o3d = load_open3d()
    shown = _Shown(o3d, root, tuple(frames), tuple(frames).index(first), coloring, tell)
    shown.load()
    window = o3d.visualization.VisualizerWithKeyCallback()
    if not window.create_window("simgen view", *WINDOW_PX):
        raise RequestError(NO_SCREEN)
    try:
        look = window.get_render_option()
        look.background_color = np.array(BACKGROUND) / 255.0
        look.point_size, look.light_on, look.mesh_show_back_face = POINT_PX, False, True
        for geometry in shown.geometries():
            window.add_geometry(geometry)
        look_from_behind(window)
        for key, act in shown.keys().items():
            window.register_key_callback(key, act)
        window.register_animation_callback(shown.turn_names)
        tell(KEYS)
        window.run()
    finally:
        window.destroy_window()


def has_screen() -> bool:
    """Whether a window can be opened here; on Linux, whether an X server or a Wayland compositor answers."""
    if not sys.platform.startswith("linux"):
        return True
    socket = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nowhere", os.environ.get("WAYLAND_DISPLAY") or "nothing")
    if socket.exists():
        return True
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return False                        # without it Open3D opens no window either
    x11.XOpenDisplay.restype, x11.XOpenDisplay.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = x11.XOpenDisplay(None)
    if display is None:
        return False
    x11.XCloseDisplay(display)
    return True


def look_from_behind(window: Any) -> bool:
    """Take the view that pictures are saved from."""
    control = window.get_view_control()
    eye, target = np.array(BEHIND_THE_EGO.eye_m), np.array(BEHIND_THE_EGO.target_m)
    control.set_lookat(target)
    control.set_front((eye - target) / np.linalg.norm(eye - target))
    control.set_up(-BEHIND_THE_EGO.axes()[1])
    parameters = control.convert_to_pinhole_camera_parameters()
    extrinsic = np.eye(4)
    extrinsic[:3, :3] = BEHIND_THE_EGO.axes()
    extrinsic[:3, 3] = -BEHIND_THE_EGO.axes() @ eye
    parameters.extrinsic = extrinsic
    control.convert_from_pinhole_camera_parameters(parameters, True)
    return False


@dataclass(frozen=True, eq=False, slots=True)
class Plates:
    """Names as triangles in the plane of the screen.

    anchors: (V, 3) where each corner's name hangs; offset_px: (V, 2) right and up from there.
    triangles: (T, 3) corners; colors: (V, 3) of the corners.
    """

    anchors: Floats
    offset_px: Floats
    triangles: NDArray[np.int32]
    colors: NDArray[np.uint8]

    @classmethod
    def of(cls, names: Sequence[Name]) -> Plates:
        """A square for each run of a letter's pixels in a row."""
        anchors, offsets, colors = [np.empty((0, 3))], [np.empty((0, 2))], [np.empty((0, 3), np.uint8)]
        for name in names:
            left, right, row, (height, width) = _runs(name.words)
            x0, x1, y1 = left - width / 2, right - width / 2, height - row
            square = np.array([(x0, y1 - 1), (x1, y1 - 1), (x1, y1), (x0, y1)])
            corners = square.transpose(2, 0, 1).reshape(-1, 2)          # run by run, its four corners
            offsets.append(corners)
            anchors.append(np.tile(name.at_m, (len(corners), 1)))
            colors.append(np.tile(np.array(name.color, np.uint8), (len(corners), 1)))
        count = sum(map(len, offsets)) // 4
        pattern = np.array([[0, 1, 2], [0, 2, 3]])
        triangles = (np.arange(count)[:, None, None] * 4 + pattern).reshape(-1, 3).astype(np.int32)
        return cls(np.concatenate(anchors), np.concatenate(offsets), triangles, np.concatenate(colors))

    def corners(self, extrinsic: Floats, focal_px: float) -> Floats:
        """(V, 3) where the corners are for a camera: extrinsic (4, 4), optical axes from the model's."""
        right, down, ahead = extrinsic[:3, :3]
        depth = np.maximum(self.anchors @ ahead + extrinsic[2, 3], 0.0)
        scale = depth[:, None] / focal_px
        return np.asarray(self.anchors + scale * (self.offset_px[:, :1] * right - self.offset_px[:, 1:] * down))


def _runs(words: str) -> tuple[Floats, Floats, Floats, tuple[int, int]]:
    """Left, right and row of every run of lit pixels in a text's picture, and its height and width."""
    width, high = brush.text_size(words, NAME_PX)
    image = np.zeros((high + 8, width + 4, 3), np.uint8)
    brush.text(image, words, 2, high + 2, (255, 255, 255), NAME_PX)
    lit = np.pad(image[..., 0] > 110, ((0, 0), (1, 1)))
    change = np.diff(lit.astype(np.int8), axis=1)
    row, left = np.nonzero(change == 1)
    _, right = np.nonzero(change == -1)
    return left.astype(float), right.astype(float), row.astype(float), (image.shape[0], image.shape[1])


class _Shown:
    """What the window shows now; the keys change it."""

    def __init__(
        self, o3d: Any, root: Path, frames: tuple[str, ...], at: int, coloring: Coloring, tell: Callable[[str], None]
    ) -> None:
        self._o3d, self._root, self._frames, self._at, self._tell = o3d, root, frames, at, tell
        self._coloring = coloring
        self._cloud, self._names = o3d.geometry.PointCloud(), o3d.geometry.TriangleMesh()
        self._ground, self._lines = o3d.geometry.LineSet(), o3d.geometry.LineSet()
        self._plates = Plates.of(())
        self._seen_from = np.empty(0)

    def geometries(self) -> tuple[Any, ...]:
        return self._cloud, self._ground, self._lines, self._names

    def keys(self) -> dict[int, Callable[[Any], bool]]:
        """GLFW's number of a key → what it does."""
        steps = {KEY_RIGHT: 1, ord("N"): 1, KEY_LEFT: -1, ord("P"): -1}
        keys: dict[int, Callable[[Any], bool]] = {key: self._stepper(step) for key, step in steps.items()}
        keys |= {ord(str(k)): self._painter(coloring) for k, coloring in enumerate(Coloring, start=1)}
        keys[ord("C")] = self._paint_next
        keys[ord("H")] = look_from_behind
        return keys

    def load(self) -> None:
        """Put the frame into the geometries."""
        model = build_model(load_scene(self._root, self._frames[self._at]), self._coloring)
        self._fill(model)
        self._tell(f"{model.title}   colour: {self._coloring.value}")

    def turn_names(self, window: Any) -> bool:
        """Turn the names to the viewer if he has moved; whether they have to be drawn anew."""
        camera = window.get_view_control().convert_to_pinhole_camera_parameters()
        seen_from = np.append(np.asarray(camera.extrinsic).ravel(), camera.intrinsic.get_focal_length()[0])
        if np.array_equal(seen_from, self._seen_from):
            return False
        self._seen_from = seen_from
        self._names.vertices = self._o3d.utility.Vector3dVector(
            self._plates.corners(seen_from[:16].reshape(4, 4), float(seen_from[16]))
        )
        window.update_geometry(self._names)
        return True

    def _fill(self, model: Model) -> None:
        vector, pair = self._o3d.utility.Vector3dVector, self._o3d.utility.Vector2iVector
        self._cloud.points, self._cloud.colors = vector(model.points), vector(model.colors / 255.0)
        for geometry, lines in ((self._ground, model.ground), (self._lines, model.lines)):
            geometry.points = vector(lines.ends.reshape(-1, 3))
            geometry.lines = pair(_pairs(lines))
            geometry.colors = vector(lines.colors / 255.0)
        self._plates = Plates.of(model.names)
        self._names.vertices = vector(self._plates.anchors)
        self._names.triangles = self._o3d.utility.Vector3iVector(self._plates.triangles)
        self._names.vertex_colors = vector(self._plates.colors / 255.0)
        self._seen_from = np.empty(0)

    def _stepper(self, step: int) -> Callable[[Any], bool]:
        def go(window: Any) -> bool:
            self._at = (self._at + step) % len(self._frames)
            return self._show(window)
        return go

    def _painter(self, coloring: Coloring) -> Callable[[Any], bool]:
        def paint(window: Any) -> bool:
            self._coloring = coloring
            return self._show(window)
        return paint

    def _paint_next(self, window: Any) -> bool:
        every = list(Coloring)
        self._coloring = every[(every.index(self._coloring) + 1) % len(every)]
        return self._show(window)

    def _show(self, window: Any) -> bool:
        self.load()
        for geometry in self.geometries():
            window.update_geometry(geometry)
        self.turn_names(window)
        return True


def _pairs(lines: Lines) -> NDArray[np.int32]:
    return np.arange(2 * len(lines.ends), dtype=np.int32).reshape(-1, 2)
