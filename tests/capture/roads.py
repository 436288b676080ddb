"""A road by hand: straight along +x, two lanes of 3.5 m, lane −1 drives along +x and lane 1 comes towards it."""

import carla

STRAIGHT = """<?xml version="1.0"?>
<OpenDRIVE>
  <header revMajor="1" revMinor="4" name="straight" north="0" south="0" east="0" west="0">
    <geoReference><![CDATA[+proj=tmerc +lat_0=49 +lon_0=8]]></geoReference>
  </header>
  <road name="r" length="400" id="1" junction="-1">
    <type s="0" type="rural"><speed max="22.2" unit="m/s"/></type>
    <planView><geometry s="0" x="0" y="0" hdg="0" length="400"><line/></geometry></planView>
    <elevationProfile><elevation s="0" a="0" b="0" c="0" d="0"/></elevationProfile>
    <lanes><laneSection s="0">
      <left><lane id="1" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></left>
      <center><lane id="0" type="none" level="false"/></center>
      <right>
        <lane id="-1" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane>
        <lane id="-2" type="shoulder" level="false"><width sOffset="0" a="1.0" b="0" c="0" d="0"/></lane>
      </right>
    </laneSection></lanes>
  </road>
</OpenDRIVE>
"""


def straight_map() -> carla.Map:
    return carla.Map("straight", STRAIGHT)


def waypoint_at(x_m: float) -> carla.Waypoint:
    """On lane −1, whose centre line is 1.75 m to the right of the reference line (CARLA: y = +1.75)."""
    return straight_map().get_waypoint(carla.Location(x_m, 1.75, 0.0))
