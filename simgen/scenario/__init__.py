"""The scenario language: YAML files about rare events, and the seeded, concrete episode plans they become.

    scenario = load_scenario("scenarios/animals/deer_crossing.yaml")
    plans = make_plans([scenario], episodes=None, seed=0)
"""

from simgen.scenario.episodes import frame_numbers, make_plans, plan_episode
from simgen.scenario.load import load_scenario
from simgen.scenario.mistakes import Mistake, ScenarioMistakes
from simgen.scenario.plan import EpisodePlan
from simgen.scenario.spec import Scenario

__all__ = [
    "EpisodePlan",
    "Mistake",
    "Scenario",
    "ScenarioMistakes",
    "frame_numbers",
    "load_scenario",
    "make_plans",
    "plan_episode",
]
