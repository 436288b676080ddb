"""How long a simulator is waited for can be said, and nonsense is refused."""

from __future__ import annotations

import pytest

from simgen.capture.patience import PATIENCE, patient_s
from simgen.errors import RequestError


def test_patience_is_one_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PATIENCE, raising=False)
    assert patient_s(90.0) == 90.0
    monkeypatch.setenv(PATIENCE, "0.25")
    assert patient_s(90.0) == 22.5


@pytest.mark.parametrize("nonsense", ["", "long", "0", "-1", "inf", "nan"])
def test_patience_that_is_no_positive_number_is_refused(nonsense: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PATIENCE, nonsense)
    with pytest.raises(RequestError, match=f"{PATIENCE} is '{nonsense}'"):
        patient_s(90.0)
