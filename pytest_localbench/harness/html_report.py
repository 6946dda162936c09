"""Columns, a picture and the answers in the report of pytest-html; imported only when such a report is written.

Where no task file is in play nothing else is imported and nothing is changed.
"""

from __future__ import annotations

import html
import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from ..suite.find import holds_tasks
from .state import active

if TYPE_CHECKING:
    from ..domain.result import SampleResult
    from ..domain.run import BenchmarkRun
    from ..reports.dashboard_privacy import Privacy

PLACE = 2
"""The additional columns stand behind result and name."""


class HtmlReport:
    """The hooks of pytest-html. Rows and summary are made where the report is written, extras where the test ran."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._shown = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Hang verdicts, answer and a link to the dashboard on the report; plain data, so that it travels."""
        report = yield
        if active.session is None:
            return report
        from .session import RESULT

        result = item.stash.get(RESULT, None)
        if result is not None and (report.when == "call" or (report.when == "setup" and report.failed)):
            report.extras = [*getattr(report, "extras", []), *self._extras(result)]  # type: ignore[attr-defined]
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Three more columns, where task files are in play (known before anything is collected)."""
        base = self.config.invocation_params.dir
        places = [base / arg.partition("::")[0] for arg in self.config.args]
        self._shown = active.session is not None or any(holds_tasks(place) for place in places)
        if self._shown:
            from ..reports.plain_report import head_cells

            cells[PLACE:PLACE] = head_cells()

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """One cell for each of the columns on every row; the name of a test is escaped, which pytest-html leaves out."""
        if not self._shown or len(cells) < PLACE:
            return
        from ..reports.plain_report import row_cells

        if hasattr(report, "localbench"):
            name = report.nodeid if report.when == "call" else f"{report.nodeid}::{report.when}"
            cells[1] = f'<td class="col-testId">{html.escape(name)}</td>'
        cells[PLACE:PLACE] = row_cells(dict(getattr(report, "user_properties", ())))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        """With ``--localbench-redact`` the text of a failure stays out: it quotes answers and expected values."""
        if active.session is not None and hasattr(report, "localbench") and report.failed and _privacy().hides_reasons:
            data[:] = [
                "left out, as it may quote answers and expected values (--localbench-redact, --localbench-embed)"
            ]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """The scores above the rows."""
        run = active.session.finisher.run if active.session is not None else None
        if run is not None and run.results:
            from ..reports.plain_report import summary_html

            prefix.append(summary_html(run, self._dashboard()))

    def _extras(self, result: SampleResult) -> list[dict[str, Any]]:
        from ..reports.plain_report import answer_html

        result = _without_keys(result)
        extras = [_extra("html", answer_html(result, _privacy()))]
        dashboard = self._dashboard()
        if dashboard is not None:
            key = result.key
            place = "/".join((key.category, key.task, key.model, key.sample, str(key.attempt)))
            extras.append(_extra("url", f"{dashboard}#/results?r={quote(place, safe='')}", "dashboard"))
        return extras

    def _dashboard(self) -> str | None:
        """The dashboard as seen from this report, when one is written."""
        options = active.need().options
        if options.html is None:
            return None
        folder = os.path.dirname(report_path(self.config))
        try:
            return quote(Path(os.path.relpath(options.html, folder)).as_posix())
        except ValueError:  # another drive
            return options.html.as_uri()


def report_path(config: pytest.Config) -> str:
    """Where pytest-html writes its report."""
    return os.path.abspath(os.path.expanduser(os.path.expandvars(str(config.option.htmlpath))))


def noted(run: BenchmarkRun, config: pytest.Config, dashboard: Path) -> BenchmarkRun:
    """The run with a sentence that leads from its dashboard to the report of pytest-html, where one is written."""
    if (
        not getattr(config.option, "htmlpath", None)
        or not config.pluginmanager.hasplugin("html")
        or _privacy().hides_all
    ):
        return run
    try:
        place = Path(os.path.relpath(report_path(config), dashboard.parent)).as_posix()
    except ValueError:  # another drive
        place = report_path(config)
    return run.model_copy(update={"notes": (*run.notes, f"plain list of the tests (pytest-html): {place}")})


def register(config: pytest.Config) -> None:
    """Take part in the report of pytest-html."""
    config.pluginmanager.register(HtmlReport(config), "localbench-html-report")


def _without_keys(result: SampleResult) -> SampleResult:
    """Keys are taken out before texts are cut, as half a key would not be found."""
    text = result.model_dump_json()
    clean = active.need().redact(text)
    return result if clean == text else type(result).model_validate_json(clean)


def _privacy() -> Privacy:
    from ..reports.dashboard_privacy import Privacy, embed_choice, redact_choice

    options = active.need().options
    return Privacy(embed=embed_choice(options.embed), redact=redact_choice(options.redact))


def _extra(kind: str, content: str, name: str | None = None) -> dict[str, Any]:
    return {"name": name, "format_type": kind, "content": content, "mime_type": None, "extension": None}
