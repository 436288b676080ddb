"""The scenario language: YAML files about rare events, and the seeded, concrete episode plans they become.

    scenario = load_scenario("scenarios/animals/deer_crossing.yaml")
    plans = make_plans([scenario], episodes=None, seed=0)
"""

from simgen.scenario.load import Scenario, load_scenario
from simgen.scenario.mistakes import Mistake, ScenarioMistakes
from simgen.scenario.plan import EpisodePlan
from simgen.scenario.plans import Plans, frame_numbers, make_plans

__all__ = [
    "EpisodePlan",
    "Mistake",
    "Plans",
    "Scenario",
    "ScenarioMistakes",
    "frame_numbers",
    "load_scenario",
    "make_plans",
]
