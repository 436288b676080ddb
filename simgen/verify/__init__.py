"""Is a KITTI dataset whole and right?

An independent judge: it reads the files itself and shares no code with anything that writes them, so that a
mistake in the writer cannot excuse itself here. It knows nothing of simgen but the error classes, and works
on any folder in KITTI's object or tracking layout; simgen's own side files and records are checked where they exist.
"""

from simgen.verify.dataset import verify_dataset
from simgen.verify.findings import Finding, Report, Verdict
from simgen.verify.registry import select
from simgen.verify.report import catalogue_text, catalogue_to_json, format_report, report_to_json

__all__ = [
    "Finding",
    "Report",
    "Verdict",
    "catalogue_text",
    "catalogue_to_json",
    "format_report",
    "report_to_json",
    "select",
    "verify_dataset",
]
