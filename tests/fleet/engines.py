"""Programs that behave like the command lines of docker and apptainer, as far as simgen uses them: put first in PATH.

The "image" is a folder of ``stand_in.make_carla``, named by its path. Docker's containers run as children of a daemon:
here in a session of their own, so that a signal to ``docker run`` reaches them only if it is passed on.
"""

from __future__ import annotations

import sys
from pathlib import Path

DOCKER = """#!{python}
import json, os, pathlib, signal, subprocess, sys, time

STATE = pathlib.Path({state!r})

def run(words):
    given, flags = {{}}, []
    while words[0].startswith("-"):
        word = words.pop(0)
        if word in ("--rm", "--init"):
            flags.append(word)
        elif "=" in word:
            given.update([word.split("=", 1)])
        elif word == "-e":
            given.setdefault("env", {{}}).update([words.pop(0).split("=", 1)])
        elif word in ("--name", "--cidfile"):
            given[word] = words.pop(0)
        else:
            sys.exit(f"unknown flag: {{word}}")
    image, *command = words
    if not os.path.isdir(image):
        sys.exit(f"Unable to find image '{{image}}' locally")
    if os.path.exists(given["--cidfile"]):
        sys.exit("container ID file found, make sure the other container isn't running")
    server = subprocess.Popen(command, cwd=image, env={{**os.environ, **given["env"]}}, start_new_session=True)
    name = "%064x" % server.pid
    (STATE / name).write_text(json.dumps(dict(pid=server.pid, image=image, given=given, flags=flags)))
    pathlib.Path(given["--cidfile"]).write_text(name)
    signal.signal(signal.SIGTERM, lambda number, frame: os.killpg(server.pid, signal.SIGTERM))
    status = server.wait()
    (STATE / name).unlink(missing_ok=True)
    sys.exit(status if status >= 0 else 128 - status)

def stop(words):
    assert words[0] == "-t"
    grace, name = int(words[1]), words[2]
    found = STATE / name
    if not found.exists():
        sys.exit(f"Error response from daemon: No such container: {{name}}")
    pid = json.loads(found.read_text())["pid"]
    for number, within in ((signal.SIGTERM, min(grace, 0.5)), (signal.SIGKILL, 10)):
        try:
            os.killpg(pid, number)
            until = time.monotonic() + within
            while time.monotonic() < until:
                os.killpg(pid, 0)
                time.sleep(0.02)
        except ProcessLookupError:
            break
    found.unlink(missing_ok=True)
    print(name)

(STATE / "calls").open("a").write(json.dumps(sys.argv[1:]) + "\\n")
{{"run": run, "stop": stop}}[sys.argv[1]](sys.argv[2:])
"""

APPTAINER = """#!{python}
import json, os, pathlib, sys

(pathlib.Path({state!r}) / "calls").open("a").write(json.dumps(sys.argv[1:]) + "\\n")
words = sys.argv[1:]
assert words.pop(0) == "exec" and words.pop(0) == "--nv"
env = dict(os.environ)
while words[0].startswith("-"):
    word, value = words.pop(0), words.pop(0)
    if word == "--home":
        env["HOME"] = value
image = words.pop(0)
os.chdir(pathlib.Path(image).with_suffix(""))      # what is "in" carla.sif stands beside it, in carla/
os.execve(words[0], words, env)
"""


def make_engines(folder: Path) -> Path:
    """Make both programs. Returns the folder of what they know: running containers by id, and every call."""
    state = folder / "engine-state"
    state.mkdir(parents=True)
    for name, text in (("docker", DOCKER), ("apptainer", APPTAINER)):
        program = folder / name
        program.write_text(text.format(python=sys.executable, state=str(state)))
        program.chmod(0o755)
    return state
