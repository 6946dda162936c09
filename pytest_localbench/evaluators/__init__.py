"""The built-in evaluators; registered by name through the public hook, imported when a task uses them."""

from __future__ import annotations

from typing import Any

BUILT_IN = {
    "exact": "exact:Exact",
    "number": "exact:Number",
    "money": "exact:Money",
    "percent": "exact:Percent",
    "date": "exact:Date",
    "number_range": "exact:NumberRange",
    "json_fields": "fields:JsonFields",
    "json_schema": "structure:JsonSchema",
    "json_format": "structure:JsonFormat",
    "contains": "text:Contains",
    "regex": "text:Regex",
    "label": "classify:Label",
    "multi_label": "classify:MultiLabel",
    "key_facts": "facts:KeyFacts",
    "grounding": "facts:Grounding",
    "length": "guards:Length",
    "repetition": "guards:Repetition",
    "copy_ratio": "guards:CopyRatio",
    "language": "language:Language",
    "rouge_l": "overlap:RougeL",
    "chrf": "overlap:Chrf",
    "anls": "overlap:Anls",
    "rules": "rules:Rules",
    "pii": "privacy:Pii",
    "unit_tests": "code:UnitTests",
    "trajectory": "trajectory:Trajectory",
    "state": "state:State",
    "communicate": "communicate:Communicate",
    "ranking": "ranking:Ranking",
    "counterfactual": "fairness:Counterfactual",
    "ordering": "fairness:Ordering",
    "selection_parity": "fairness:SelectionParity",
    "judge": "judge:LlmJudge",
    "manual": "manual:Manual",
    "html_valid": "ui_dom:HtmlValid",
    "dom_rules": "ui_dom:DomRules",
    "dom_unchanged": "ui_dom:DomUnchanged",
    "visual_blocks": "ui_blocks:VisualBlocks",
    "screenshot_ssim": "ui_pictures:ScreenshotSsim",
    "interaction": "ui_interaction:Interaction",
    "accessibility": "ui_audit:Accessibility",
}


def pytest_localbench_register(registry: Any) -> None:
    """Register every built-in evaluator lazily."""
    for name, target in BUILT_IN.items():
        registry.evaluator(name, f"pytest_localbench.evaluators.{target}")
