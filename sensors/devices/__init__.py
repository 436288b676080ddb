"""Real sensors as data sheets describe them, read from YAML."""
