"""What a CARLA server's log says about the device that it renders on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simgen.errors import SimulatorError

# Mesa's and Google's renderers on the processor. The engine starts with them as well, and then every tick times out.
_SOFTWARE = re.compile(r"lavapipe|llvmpipe|swiftshader", re.IGNORECASE)


def software_line(lines: Sequence[str]) -> str | None:
    """The line that says that a server renders on the processor, if there is one."""
    return next((line.strip() for line in lines if _SOFTWARE.search(line)), None)


def require_gpu(lines: Sequence[str], who: str) -> None:
    """Raises SimulatorError if the log says that the server renders on the processor."""
    line = software_line(lines)
    if line is not None:
        raise SimulatorError(
            f"the {who} renders on the processor instead of a GPU ({line}): nothing useful comes of that; see that "
            "'vulkaninfo --summary' names the GPU on that machine (in containers: NVIDIA_DRIVER_CAPABILITIES=all)")
