"""What a scenario file may say: one pydantic model a mapping of the file, one field a key.

The models are the language: files are checked against them, ``simgen schema`` prints their JSON Schema, and the
language reference is written from their descriptions. Wherever a field is a ``Value``, the file may say how to draw
it. Units are those of plans: SI, and CARLA's own for its weather.
"""

from simgen.scenario.models.actors import ActorModel
from simgen.scenario.models.conditions import (
    ConditionModel,
    DistanceModel,
    EventModel,
    LengthThreshold,
    SpeedThreshold,
    TtcThreshold,
)
from simgen.scenario.models.ego import AebModel, EgoModel, SpawnModel, SpeedPointModel
from simgen.scenario.models.output import ClassesModel, DontCareModel, LeaveOutModel, OutputModel, SplitModel
from simgen.scenario.models.places import MeetModel, PlaceModel
from simgen.scenario.models.programs import STEPS, StepModel
from simgen.scenario.models.road import RoadModel
from simgen.scenario.models.sensing import SensingModel
from simgen.scenario.models.steps import (
    BrakeStep,
    BranchModel,
    CrossStep,
    CutInStep,
    DriftStep,
    EitherStep,
    FleeStep,
    FollowLeaderStep,
    FollowRoadStep,
    FreezeStep,
    LaneChangeStep,
    OpenDoorStep,
    ParallelStep,
    ParkStep,
    RunRedStep,
    SpeedUpStep,
    StandStep,
    StopStep,
    TurnBackStep,
    WalkStep,
    WalkToStep,
    all_steps,
)
from simgen.scenario.models.top import CaptureModel, Requirement, ScenarioModel, TrafficModel
from simgen.scenario.models.variation import CorrelationModel, StrataModel, SweepModel
from simgen.scenario.models.weather import SunModel, WeatherChangeModel, WeatherModel

__all__ = [
    "STEPS",
    "ActorModel",
    "AebModel",
    "BrakeStep",
    "BranchModel",
    "CaptureModel",
    "ClassesModel",
    "ConditionModel",
    "CorrelationModel",
    "CrossStep",
    "CutInStep",
    "DistanceModel",
    "DontCareModel",
    "DriftStep",
    "EgoModel",
    "EitherStep",
    "EventModel",
    "FleeStep",
    "FollowLeaderStep",
    "FollowRoadStep",
    "FreezeStep",
    "LaneChangeStep",
    "LeaveOutModel",
    "LengthThreshold",
    "MeetModel",
    "OpenDoorStep",
    "OutputModel",
    "ParallelStep",
    "ParkStep",
    "PlaceModel",
    "Requirement",
    "RoadModel",
    "RunRedStep",
    "ScenarioModel",
    "SensingModel",
    "SpawnModel",
    "SpeedPointModel",
    "SpeedThreshold",
    "SpeedUpStep",
    "SplitModel",
    "StandStep",
    "StepModel",
    "StopStep",
    "StrataModel",
    "SunModel",
    "SweepModel",
    "TrafficModel",
    "TtcThreshold",
    "TurnBackStep",
    "WalkStep",
    "WalkToStep",
    "WeatherChangeModel",
    "WeatherModel",
    "all_steps",
]
