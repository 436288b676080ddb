"""From a plan to frames, through the real ``carla`` client: the only room that imports it."""

from simgen.capture.episode import Episode
from simgen.capture.guests import GuestBook
from simgen.capture.opening import open_episode
from simgen.capture.raw import RawFrame
from simgen.capture.session import Endpoint

__all__ = ["Endpoint", "Episode", "GuestBook", "RawFrame", "open_episode"]
