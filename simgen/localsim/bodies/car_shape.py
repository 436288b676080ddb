"""The proportions of cars and vans: what makes a saloon a saloon.

Lengths along x are shares of the length counted from the front; heights are shares of the height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CarShape:
    """One body style.

    front_axle, rear_axle: axles, counted from the front and from the rear; a lorry's cab has no rear axle.
    wheel_m:      outer radius of the tyres.
    clearance_m:  lower edge of the sills.
    nose:         height of the bonnet's front edge.
    cowl:         where the windscreen meets the bonnet (x, z); roof_front, roof_rear: ends of the roof.
    tail:         where the rear window meets boot or tailgate (x, z); boot: height of the rear upper edge.
    roof_width:   half width of the roof against that of the body.
    shoulder_m:   how far the cabin's foot lies inside the body.
    nose_round_m, tail_round_m: depth over which the plan rounds off at the ends.
    nose_rake_m:  how far the bonnet's front edge lies behind the bumper.
    pillars:      middle pillars, shares of the side window from front to rear.
    glass_top:    upper edge of the windows, share of the cabin's height.
    side_glass:   share of the side, from the front, that is glazed.
    doors:        shut lines in x.
    roof_drop_m:  how far the roof falls to its ends.
    second:       what is painted in the second colour: the body above the belt line, the roof, or the doors.
    rear_clear:   how clear the panes behind the front doors are.
    kind:         what else it has: a saloon's handles and boot, a bus's doors and seats, a van's rear doors.
    """

    front_axle: float = 0.19
    rear_axle: float | None = 0.22
    wheel_m: float = 0.325
    clearance_m: float = 0.19
    nose: float = 0.48
    cowl: tuple[float, float] = (0.28, 0.64)
    roof_front: float = 0.42
    roof_rear: float = 0.72
    tail: tuple[float, float] = (0.86, 0.66)
    boot: float = 0.64
    roof_width: float = 0.70
    shoulder_m: float = 0.095
    nose_round_m: float = 0.36
    tail_round_m: float = 0.22
    nose_rake_m: float = 0.17
    tail_rake_m: float = 0.08
    pillars: tuple[float, ...] = (0.48,)
    side_glass: float = 1.0
    glass_top: float = 0.90
    doors: tuple[float, ...] = (0.285, 0.50, 0.70)
    roof_drop_m: float = 0.05
    rear_glass: bool = True
    grille: float = 0.55         # half width of the grille against the body's
    spokes: int = 5
    steel_wheels: bool = False
    rails: bool = False
    cladding: bool = False       # black arches and sills
    spare_wheel: bool = False
    rear_lamp_upright: bool = False
    round_lamps: bool = False
    slabs: bool = False          # flat panels and hard edges
    second: Literal["nothing", "above", "roof", "doors"] = "nothing"
    kind: Literal["car", "van", "bus", "cab"] = "car"
    rear_clear: float = 0.62     # share of light that the panes behind the front doors let through


SALOON = CarShape()
COUPE = CarShape(cowl=(0.33, 0.66), roof_front=0.46, roof_rear=0.66, tail=(0.88, 0.68), boot=0.66, pillars=(),
                 doors=(0.30, 0.64), roof_width=0.68, front_axle=0.18)
CLASSIC_COUPE = CarShape(front_axle=0.18, rear_axle=0.21, cowl=(0.36, 0.66), roof_front=0.46, roof_rear=0.66,
                         tail=(0.82, 0.66), boot=0.60, nose=0.56, nose_rake_m=0.05, nose_round_m=0.15,
                         tail_round_m=0.12, pillars=(), doors=(0.33, 0.62), grille=0.7, round_lamps=True)
HATCH = CarShape(front_axle=0.185, rear_axle=0.165, wheel_m=0.325, nose=0.49, cowl=(0.225, 0.625), roof_front=0.41,
                 roof_rear=0.85, tail=(0.965, 0.675), boot=0.65, roof_width=0.73, pillars=(0.46, 0.84),
                 doors=(0.26, 0.52, 0.72), tail_rake_m=0.07, nose_round_m=0.34, tail_round_m=0.20, roof_drop_m=0.07)
MINI = CarShape(front_axle=0.17, rear_axle=0.15, wheel_m=0.31, nose=0.53, cowl=(0.29, 0.62), roof_front=0.37,
                roof_rear=0.89, tail=(0.97, 0.61), boot=0.60, roof_width=0.78, pillars=(0.52,), doors=(0.30, 0.64),
                nose_rake_m=0.12, nose_round_m=0.34, tail_round_m=0.22, round_lamps=True, roof_drop_m=0.02, spokes=8,
                second="roof")
COUNTRYMAN = CarShape(front_axle=0.18, rear_axle=0.16, wheel_m=0.34, nose=0.53, cowl=(0.28, 0.61), roof_front=0.37,
                      roof_rear=0.90, tail=(0.97, 0.59), boot=0.58, roof_width=0.78, pillars=(0.42, 0.78),
                      doors=(0.29, 0.50, 0.70), clearance_m=0.22, nose_rake_m=0.12, round_lamps=True,
                      cladding=True, rails=True, roof_drop_m=0.02, spokes=8, second="roof", rear_clear=0.35)
PEOPLE_CARRIER = CarShape(front_axle=0.18, rear_axle=0.17, nose=0.46, cowl=(0.19, 0.59), roof_front=0.38,
                          roof_rear=0.92, tail=(0.98, 0.58), boot=0.57, roof_width=0.76, pillars=(0.40, 0.76),
                          doors=(0.26, 0.50, 0.72), tail_rake_m=0.05, rear_lamp_upright=True, rear_clear=0.35)
LIFTBACK = CarShape(cowl=(0.24, 0.62), roof_front=0.42, roof_rear=0.74, tail=(0.93, 0.69), boot=0.66, nose=0.46,
                    roof_width=0.70, pillars=(0.46, 0.86), rear_axle=0.19, wheel_m=0.31)
ESTATE_SUV = CarShape(front_axle=0.18, rear_axle=0.19, wheel_m=0.37, clearance_m=0.24, nose=0.55, cowl=(0.27, 0.62),
                      roof_front=0.38, roof_rear=0.90, tail=(0.975, 0.60), boot=0.59, roof_width=0.76,
                      pillars=(0.40, 0.74), doors=(0.28, 0.49, 0.69), nose_rake_m=0.12, tail_rake_m=0.05,
                      cladding=True, rails=True, roof_drop_m=0.04, spokes=6, rear_clear=0.25)
JEEP = CarShape(front_axle=0.15, rear_axle=0.17, wheel_m=0.40, clearance_m=0.36, nose=0.55, cowl=(0.34, 0.60),
                roof_front=0.38, roof_rear=0.92, tail=(0.945, 0.57), boot=0.565, roof_width=0.86, shoulder_m=0.07,
                nose_round_m=0.10, tail_round_m=0.06, nose_rake_m=0.04, tail_rake_m=0.02, pillars=(0.40,),
                doors=(0.35, 0.60),
                cladding=True, spare_wheel=True, round_lamps=True, roof_drop_m=0.01, grille=0.45)
MICROCAR = CarShape(front_axle=0.23, rear_axle=0.20, wheel_m=0.27, clearance_m=0.18, nose=0.44, cowl=(0.09, 0.55),
                    roof_front=0.34, roof_rear=0.72, tail=(0.95, 0.58), boot=0.56, roof_width=0.74, nose_round_m=0.55,
                    tail_round_m=0.45, nose_rake_m=0.06, pillars=(0.80,), doors=(0.30, 0.66), round_lamps=True,
                    grille=0.3, roof_drop_m=0.05, second="above")
CAMPER = CarShape(front_axle=0.20, rear_axle=0.27, wheel_m=0.33, clearance_m=0.26, nose=0.44, cowl=(0.045, 0.56),
                  roof_front=0.115, roof_rear=0.955, tail=(0.985, 0.57), boot=0.56, roof_width=0.80, shoulder_m=0.06,
                  nose_round_m=0.34, tail_round_m=0.26, nose_rake_m=0.04, tail_rake_m=0.03,
                  pillars=(0.22, 0.48, 0.74), doors=(0.09, 0.28, 0.52), round_lamps=True, grille=0.0,
                  rear_lamp_upright=True, roof_drop_m=0.05, steel_wheels=True, glass_top=0.78, second="above")
PANEL_VAN = CarShape(front_axle=0.17, rear_axle=0.22, wheel_m=0.345, clearance_m=0.22, nose=0.40, cowl=(0.13, 0.47),
                     roof_front=0.26, roof_rear=0.985, tail=(0.995, 0.46), boot=0.455, roof_width=0.86, shoulder_m=0.05,
                     nose_round_m=0.34, tail_round_m=0.10, nose_rake_m=0.16, tail_rake_m=0.015, pillars=(0.20,),
                     side_glass=0.20, glass_top=0.66, doors=(0.15, 0.335, 0.56), rear_lamp_upright=True,
                     steel_wheels=True, cladding=True, roof_drop_m=0.03, rear_glass=False, kind="van")
WEDGE_TRUCK = CarShape(front_axle=0.165, rear_axle=0.21, wheel_m=0.42, clearance_m=0.32, nose=0.53, cowl=(0.21, 0.62),
                       roof_front=0.44, roof_rear=0.48, tail=(0.985, 0.66), boot=0.655, roof_width=0.66,
                       nose_round_m=0.16, tail_round_m=0.07, nose_rake_m=0.03, tail_rake_m=0.01,
                       pillars=(0.34, 0.66), side_glass=0.66, doors=(0.27, 0.43, 0.58), cladding=True, slabs=True,
                       roof_drop_m=0.0, grille=0.0, rear_glass=False, rear_clear=0.30)
BUS = CarShape(front_axle=0.20, rear_axle=0.24, wheel_m=0.50, clearance_m=0.36, nose=0.34, cowl=(0.022, 0.395),
               roof_front=0.045, roof_rear=0.985, tail=(0.992, 0.42), boot=0.415, roof_width=0.93, shoulder_m=0.045,
               nose_round_m=0.30, tail_round_m=0.20, nose_rake_m=0.05, tail_rake_m=0.03,
               pillars=(0.10, 0.25, 0.40, 0.55, 0.70, 0.85),
               glass_top=0.76, doors=(0.05, 0.14, 0.34, 0.55, 0.90), rear_lamp_upright=True, steel_wheels=True,
               cladding=True, roof_drop_m=0.04, grille=0.4, kind="bus", rear_clear=0.60)
LORRY_CAB = CarShape(front_axle=0.62, rear_axle=None, wheel_m=0.50, clearance_m=0.42, nose=0.36, cowl=(0.035, 0.46),
                     roof_front=0.16, roof_rear=0.97, tail=(0.985, 0.46), boot=0.455, roof_width=0.93, shoulder_m=0.045,
                     nose_round_m=0.22, tail_round_m=0.05, nose_rake_m=0.05, tail_rake_m=0.01, pillars=(0.52,),
                     side_glass=0.52, glass_top=0.72, doors=(0.08, 0.58), cladding=True, rear_glass=False,
                     steel_wheels=True, grille=0.62, roof_drop_m=0.05, kind="cab")
CREW_CAB = CarShape(front_axle=0.46, rear_axle=None, wheel_m=0.52, clearance_m=0.42, nose=0.40, cowl=(0.025, 0.50),
                    roof_front=0.09, roof_rear=0.98, tail=(0.99, 0.50), boot=0.495, roof_width=0.93, shoulder_m=0.045,
                    nose_round_m=0.20, tail_round_m=0.05, nose_rake_m=0.05, tail_rake_m=0.01, pillars=(0.42, 0.52),
                    glass_top=0.80, doors=(0.06, 0.40, 0.56, 0.92), cladding=True, rear_glass=False,
                    steel_wheels=True, grille=0.62, roof_drop_m=0.04, kind="cab")
BONNET_CAB = CarShape(front_axle=0.28, rear_axle=None, wheel_m=0.40, clearance_m=0.30, nose=0.46, cowl=(0.36, 0.56),
                      roof_front=0.54, roof_rear=0.97, tail=(0.985, 0.56), boot=0.555, roof_width=0.84,
                      nose_round_m=0.24, tail_round_m=0.05, nose_rake_m=0.10, tail_rake_m=0.01, pillars=(),
                      glass_top=0.86, doors=(0.38, 0.92), cladding=True, rear_glass=False,
                      steel_wheels=True, grille=0.60, kind="cab")
