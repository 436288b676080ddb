"""The scenario library: YAML files only. ``simgen.scenario.library`` finds them; ``simgen list`` shows them."""
