"""What is made of a trial on a server: findings, each with its cure. Nothing is measured here.

Numbers in brackets are issues of carla-simulator/carla.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median

from simgen.capture.probe_facts import BoxFound, Seen, ServerFacts, Size, Trial
from simgen.doctor.findings import Finding, good, note, short
from simgen.wording import counted

CAR_TAG, WALKER_TAG, LAST_TAG = 14, 12, 28       # carla.CityObjectLabel since 0.9.14 [6138]
ANY_TAG = 255
UNKNOWN_TAGS_SHARE = 0.001      # white garbage on some GPUs and drivers [9249]
STRAY_WALKER_SHARE = 0.002      # of a picture: signs and lights of some maps carry the pedestrians' tag [9356]
LEAST_PIXELS, LEAST_POINTS = 100, 10
CLEAR_SHARE = 0.8               # of a body's pixels that must have one number
BITS = 0xFFFF                   # what an instance picture keeps of an id [6325]
SLOW_TICK_S, HOPELESS_TICK_S = 0.5, 5.0          # RTX 3090 with four cameras: 0.05 s [6162]; lavapipe: time-outs [5063]
LATE_S = 1.0
AGREE_M = 0.15                  # the middle over a sweep; edges and collision shapes are off by more
BELIEVED = (0.6, 1.6)           # shares of the size it should have; beyond, simgen uses its own table
THINNEST_M = 0.05               # zero width in 0.9.11 to 0.9.14 [3670] [4189] [5841] [7596]


def judge_trial(facts: ServerFacts, trial: Trial, sizes: Mapping[str, Size]) -> list[Finding]:
    """Findings on what was seen, and how fast. sizes: what blueprints measure by our tables."""
    rules: tuple[Callable[[ServerFacts, Trial], Iterator[Finding]], ...] = (
        walkers, numbers, tags, agreement, speed, sensors, leavings)
    return [*(finding for rule in rules for finding in rule(facts, trial)), *two_wheelers(trial, sizes)]


def walkers(facts: ServerFacts, trial: Trial) -> Iterator[Finding]:
    """Do LiDARs see people? [7092] [6911] [9404]"""
    by_role = {one.role: one for one in trial.seen}
    walker, cured = by_role.get("walker"), by_role.get("walker with physics")
    if walker is None:
        return
    seen = (f"somebody on foot {walker.distance_m:.0f} m away: {counted(walker.lidar_points, 'LiDAR point')}, "
            f"{counted(walker.pixels, 'pixel')}")
    if walker.lidar_points >= LEAST_POINTS:
        yield good("walkers", seen)
    elif walker.lidar_in_box >= LEAST_POINTS:
        yield short("walkers", f"{seen}; {walker.lidar_in_box} points lie where they stand, and name another object",
                    "points of people cannot be told from the level's: use another CARLA build")
    elif walker.pixels < LEAST_PIXELS:
        yield note("walkers", f"{seen}: they could not be seen at all", "load another map and ask again")
    elif cured is not None and cured.lidar_points >= LEAST_POINTS:
        yield short("walkers", f"{seen}; {cured.lidar_points} points once their collisions and physics were put on "
                               "again", "use a server whose walkers have collisions from birth (a fresh CARLA 0.9.16); "
                               "for AI walkers of your own: set_collisions(True), set_simulate_physics(True)")
    else:
        yield short("walkers", f"{seen}: LiDARs do not see people on this server",
                    "use another CARLA build: labels would have people without points")


def numbers(facts: ServerFacts, trial: Trial) -> Iterator[Finding]:
    """What instance pictures show [4914] [6636] [8334]."""
    clear = [one for one in trial.seen if one.role in ("car", "walker") and one.pixels >= LEAST_PIXELS
             and one.number_share >= CLEAR_SHARE and one.number is not None]
    if not clear:
        yield note("instance ids", "nothing was seen clearly enough to tell what they are",
                   "load another map and ask again; simgen finds out anew in every episode")
        return
    kinds = {_number_kind(one) for one in clear}
    if kinds == {"actor ids"}:
        yield good("instance ids", "actor ids, as CARLA 0.9.16 shows them")
    elif "engine" not in kinds:
        yield good("instance ids", "actor ids modulo 65536: the server has run for long; simgen's labels allow for it")
    elif kinds == {"engine"}:
        yield note("instance ids", "the engine's own numbers, as CARLA showed them up to 0.9.15; simgen learns whose "
                                   "they are from where the pixels lie")
    else:
        yield short("instance ids", f"no one meaning: {_said(clear)}", "restart the server and ask again")


def _number_kind(one: Seen) -> str:
    if one.number == one.actor_id:
        return "actor ids"
    return "wrapped" if one.number == one.actor_id & BITS else "engine"


def _said(clear: Sequence[Seen]) -> str:
    return ", ".join(f"{one.role} {one.actor_id} shows {one.number}" for one in clear)


def tags(facts: ServerFacts, trial: Trial) -> Iterator[Finding]:
    total = sum(trial.tags.values())
    if not total:
        return
    unknown = sum(count for tag, count in trial.tags.items() if tag > LAST_TAG and tag != ANY_TAG)
    by_role = {one.role: one for one in trial.seen if one.pixels >= LEAST_PIXELS}
    wrong = [f"a {role} is {by_role[role].tag}, not {tag}" for role, tag in (("car", CAR_TAG), ("walker", WALKER_TAG))
             if role in by_role and by_role[role].tag != tag]
    stray = trial.tags.get(WALKER_TAG, 0) - sum(one.pixels for one in trial.seen if one.role == "walker")
    if wrong:
        yield short("classes", f"semantic tags are not those of 0.9.14 and later: {'; '.join(wrong)}",
                    f"start a CARLA {facts.client_version} server")
    elif unknown > UNKNOWN_TAGS_SHARE * total:
        yield short("classes", f"{unknown / total:.1%} of a semantic picture has tags that do not exist: the graphics "
                               "driver writes garbage", "update NVIDIA's driver, or use another GPU")
    elif stray > STRAY_WALKER_SHARE * total:
        yield note("classes", f"{counted(stray, 'pixel')} are tagged pedestrian where nobody stands, as signs and "
                              "lights of some maps are [9356]; simgen's labels count an actor's own pixels only")
    else:
        yield good("classes", f"{counted(len(trial.tags), 'kind')} in a picture, as CARLA 0.9.16 numbers them")


def agreement(facts: ServerFacts, trial: Trial) -> Iterator[Finding]:
    off = trial.depth_minus_lidar_m
    if off is None:
        return
    if off > AGREE_M:
        yield short("agreement", f"depth pictures and LiDAR differ by {off:.2f} m in the middle: they do not show one "
                                 "moment, or not one geometry", "use one server per GPU (multi-GPU servers have no "
                                                                "frame barrier), and no other client")
    else:
        yield good("agreement", f"depth pictures and LiDAR differ by {100 * off:.0f} cm in the middle")


def speed(facts: ServerFacts, trial: Trial) -> Iterator[Finding]:
    ten_s, idle_s = sum(trial.rig_ticks_s), median(trial.idle_ticks_s)
    tick_s = median(trial.rig_ticks_s)
    seen = (f"ten ticks with the KITTI rig took {ten_s:.1f} s ({tick_s * 1000:.0f} ms in the middle), without sensors "
            f"{idle_s * 1000:.0f} ms each")
    if facts.is_built_in:
        yield good("speed", f"{seen}; --quality says how much work pictures are")
    elif tick_s > HOPELESS_TICK_S:
        yield short("speed", f"{seen}: as slow as Vulkan on a processor",
                    "see which device the server's log names (LogVulkanRHI), and run simgen doctor on its machine")
    elif tick_s > SLOW_TICK_S:
        yield note("speed", seen, "fewer servers on this GPU, or more cores for each (4 is a good number)")
    else:
        yield good("speed", seen)


def sensors(facts: ServerFacts, trial: Trial) -> Iterator[Finding]:
    for name, problem in trial.silent.items():
        yield short("sensors", f"{name} is silent: {problem}",
                    "see that its streaming port (rpc port + 1) can be reached, and its log for Vulkan errors")
    for name in trial.empty_pictures:
        yield short("sensors", f"{name} sends pictures of one colour",
                    "restart the server with -RenderOffScreen, and without -nullrhi and no_rendering_mode")
    late = {name: latency for name, latency in trial.latencies.items() if latency.middle_s > LATE_S}
    if late and not facts.is_built_in:
        worst = max(late, key=lambda name: late[name].middle_s)
        yield note("sensors", f"{worst} comes {late[worst].middle_s:.1f} s after its tick",
                   "fewer cameras, or a GPU of its own")
    elif trial.latencies and not trial.silent:
        slowest = max(trial.latencies, key=lambda name: trial.latencies[name].middle_s)
        yield good("sensors", f"{counted(len(trial.latencies), 'sensor')} sent every tick; the slowest, {slowest}, "
                              f"{1000 * trial.latencies[slowest].middle_s:.0f} ms after its end")


def leavings(facts: ServerFacts, trial: Trial) -> Iterator[Finding]:
    if trial.left_behind:
        yield short("clean-up", f"the server still lists {', '.join(trial.left_behind)}",
                    "restart the server: it does not end actors")
    else:
        yield good("clean-up", "what the trial put there is gone, and settings are as they were found")


def two_wheelers(trial: Trial, sizes: Mapping[str, Size]) -> Iterator[Finding]:
    wrong = [text for box in trial.boxes if (text := _wrong(box, sizes))]
    if not trial.boxes:
        yield note("boxes", "the server offers no two-wheelers",
                   "episodes with cyclists are refused before they begin; use another CARLA build")
    elif wrong:
        yield note("boxes", f"not believed: {'; '.join(wrong)}", "nothing to do: simgen uses its own table for these")
    else:
        yield good("boxes", f"the server's boxes of {counted(len(trial.boxes), 'two-wheeler')} are sane")


def _wrong(box: BoxFound, sizes: Mapping[str, Size]) -> str:
    """What is wrong with a box, or nothing."""
    if box.size_lwh_m is None:
        return f"{box.blueprint} (not spawned: {box.refused})"
    said = " x ".join(f"{side:.2f}" for side in box.size_lwh_m)
    if min(box.size_lwh_m) < THINNEST_M:
        return f"{box.blueprint} {said} m"
    shares = [found / true for found, true in zip(box.size_lwh_m, sizes[box.blueprint], strict=True)]
    fits = all(BELIEVED[0] <= share <= BELIEVED[1] for share in shares)
    return "" if fits else f"{box.blueprint} {said} m"
