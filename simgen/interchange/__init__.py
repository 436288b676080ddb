"""Episodes in other people's formats. So far one: OpenSCENARIO XML, which esmini and CARLA's ScenarioRunner play."""

from simgen.interchange.openscenario import check_openscenario_path, save_openscenario, to_openscenario

__all__ = ["check_openscenario_path", "save_openscenario", "to_openscenario"]
