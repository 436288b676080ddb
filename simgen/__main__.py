"""``python -m simgen`` is the same as ``simgen``."""

from simgen.cli import main

if __name__ == "__main__":
    main()
