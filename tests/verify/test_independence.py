from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import simgen.verify
from simgen.verify import catalogue_to_json, registry, report_to_json, select, verify_dataset
from simgen.verify.rules import Rule

PACKAGE = Path(simgen.verify.__file__).parent


def imported_modules(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


def test_the_judge_shares_no_code_with_what_it_judges() -> None:
    allowed = {"numpy", "cv2", *sys.stdlib_module_names}
    for path in PACKAGE.glob("**/*.py"):
        for module in imported_modules(path):
            own = (
                module == "simgen.errors" or module == "simgen.verify" or module.startswith("simgen.verify.")
            )
            assert own or module.partition(".")[0] in allowed, f"{path.name} imports {module}"


def test_the_readme_lists_every_rule() -> None:
    text = (PACKAGE / "README.md").read_text("utf-8")
    table = text.partition("<!-- rules: begin")[2].partition("<!-- rules: end")[0].splitlines()[3:]
    assert table == [f"| `{one.id}` | {one.severity} | {one.says} |" for one in registry.RULES.values()]


def test_the_readme_lists_every_key_of_the_json_form(tmp_path: Path) -> None:
    (tmp_path / "training" / "label_2").mkdir(parents=True)
    told = report_to_json(verify_dataset(tmp_path))
    section = (PACKAGE / "README.md").read_text("utf-8").partition("## JSON")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert [key for cell in cells for key in re.findall(r"`(\w+)`", cell)] == list(told)
    for name in ("findings", "rules"):
        keys = re.search(rf"\| `{name}` \|[^`]*`{{([^}}]*)}}`", section)
        assert keys is not None and keys[1].split(", ") == list(told[name][0])
    catalogue = catalogue_to_json(select())
    keys = re.search(r"`{schema, rules: \[{([^}]*)}\]}`", section)
    assert list(catalogue) == ["schema", "rules"]
    assert keys is not None and keys[1].split(", ") == list(catalogue["rules"][0])


def test_every_rule_that_is_written_is_in_the_registry_once() -> None:
    modules = (getattr(registry, path.stem) for path in PACKAGE.glob("*_rules.py"))
    written = [value for module in modules for value in vars(module).values() if isinstance(value, Rule)]
    assert sorted(one.id for one in written) == sorted(registry.RULES)
    assert len(registry.RULES) == len(registry.FRAME_RULES) + len(registry.SEQUENCE_RULES) + len(
        registry.SET_RULES
    )
