"""Tasks of many short rows: messages, a sales table, expense claims. Tickets and clauses stand in ``pools``."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from .drawing import Draw, Drawing, day, people
from .pools import CLAUSES, MEMOS, TICKETS
from .text import columns, long_date


def memo_class(rng: random.Random) -> Drawing:
    """Two messages for each of five folders; some name another department than the one that must act."""
    picked = [(label, text) for label, texts in MEMOS.items() for text in rng.sample(texts, 2)]
    rng.shuffle(picked)
    rows = [{"id": f"m{i}", "message": text, "label": label} for i, (label, text) in enumerate(picked, 1)]
    lines = [
        f"- {{id: {r['id']}, variables: {{message: {json.dumps(r['message'])}}}, expected: {r['label']}}}" for r in rows
    ]
    first = rows[0]
    other = next(r["label"] for r in rows if r["label"] != first["label"])
    return Drawing({"rows": "\n".join(lines), "first": first["label"].capitalize(), "other": other})


def table_qa(rng: random.Random) -> Drawing:
    """Four regions by four quarters; look-up, largest, smallest, difference, and one question without an answer."""
    regions, quarters = ["North", "South", "East", "West"], ["Q1", "Q2", "Q3", "Q4"]
    numbers = iter(rng.sample(range(120, 880), 16))
    sold = {r: {q: next(numbers) for q in quarters} for r in regions}
    shown = rng.sample(regions, 4)
    table = columns(
        [("Region", *quarters), *((r, *(str(sold[r][q]) for q in quarters)) for r in shown)], (8, -5, -5, -5, -5)
    )
    look, small, grow = rng.sample(regions, 3)
    q_look, q_most, q_rise = rng.sample(quarters[1:], 3)
    if sold[grow][q_rise] < sold[grow]["Q1"]:
        sentence, rise = (
            f"How many units fewer did {grow} sell in {q_rise} than in Q1?",
            sold[grow]["Q1"] - sold[grow][q_rise],
        )
    else:
        sentence, rise = (
            f"How many units more did {grow} sell in {q_rise} than in Q1?",
            sold[grow][q_rise] - sold[grow]["Q1"],
        )
    most = max(regions, key=lambda r: sold[r][q_most])
    least = min(quarters, key=lambda q: sold[small][q])
    first_most = max(regions, key=lambda r: sold[r]["Q1"])
    questions: list[tuple[str, str, Any]] = [
        ("lookup", f"How many units did {look} sell in {q_look}?", sold[look][q_look]),
        ("most", f"Which region sold most in {q_most}?", most),
        ("least", f"In which quarter did {small} sell least?", least),
        ("difference", sentence, rise),
        ("absent", f"How many units did {look} plan to sell in {q_look}?", "not stated"),
    ]
    lines = [
        f"- {{id: {name}, variables: {{question: {json.dumps(text)}}}, expected: {{answer: {json.dumps(gold)}}}}}"
        for name, text, gold in questions
    ]
    wrong = next(r for r in regions if r != most)
    return Drawing(
        {
            "table": table, "rows": "\n".join(lines), "first_most": first_most, "shot": small, "shot_units": sold[small]["Q1"], "wrong": wrong,
            "actual": sold[look][q_look],
        }
    )  # fmt: skip


def expense_policy(rng: random.Random) -> Drawing:
    """Six claims against eight paragraphs: two to approve, two to reject, two that lack a fact."""
    who = people(rng, 6)
    ended = day(rng, date(2025, 1, 6), 25)
    late = ended + timedelta(days=rng.randrange(70, 90))
    dinner = rng.randrange(95, 116)
    claims = [
        ("zurich", f"{who[0]}: hotel in Zurich, {rng.randrange(2, 4)} nights at EUR {rng.randrange(150, 189)}, handed in 12 days after the trip.",
         "approve", "2.1"),
        ("first-class", f"{who[1]}: train in first class, {rng.randrange(1, 3)} hours 50 minutes, EUR {rng.randrange(88, 140)}, handed in the day after.",
         "reject", "1.1"),
        ("guests", f"{who[2]}: dinner with two guests, EUR {dinner} for three people, handed in after a week. No names are given.",
         "ask", "3.2"),
        ("taxi", f"{who[3]}: taxi home from the station at 23:{rng.randrange(30, 59)}, EUR {rng.randrange(24, 39)}, no bus was running any more.",
         "approve", "1.2"),
        ("lyon", f"{who[4]}: hotel in Lyon, one night at EUR {rng.randrange(150, 180)}, handed in after a week. The claim does not mention an approval.",
         "ask", "2.2"),
        ("late", f"{who[5]}: train in second class, EUR {rng.randrange(30, 60)}. The trip ended on {long_date(ended, 'en')}, "
                 f"the receipt came on {long_date(late, 'en')}.", "reject", "4.1"),
    ]  # fmt: skip
    rng.shuffle(claims)
    lines = [
        f'- {{id: {name}, variables: {{claim: {json.dumps(text)}}}, expected: {{decision: {verdict}, paragraph: "{number}"}}}}'
        for name, text, verdict, number in claims
    ]
    return Drawing({"rows": "\n".join(lines)})


def ticket_triage(rng: random.Random) -> Drawing:
    """Twenty tickets in four languages; two of them try to instruct the reader."""
    rows = [
        {"id": name, "ticket": text, "expected": {"queue": queue, "priority": priority, "language": language}}
        for name, queue, priority, language, text in TICKETS
    ]
    rng.shuffle(rows)
    return Drawing({}, {"datasets/tickets.jsonl": _jsonl(rows)})


def clause_risk(rng: random.Random) -> Drawing:
    """Four clauses on each of six topics, eight of each risk; their numbers are drawn."""
    rows: list[dict[str, str]] = []
    for topic, risk, text, choices in CLAUSES:
        index = sum(row["id"].startswith(topic) for row in rows) + 1
        rows.append({"id": f"{topic}-{index}", "clause": text.format(n=rng.choice(choices)), "expected": risk})
    rng.shuffle(rows)
    return Drawing({}, {"datasets/clauses.jsonl": _jsonl(rows)})


def _jsonl(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


DRAWS: dict[str, Draw] = {
    "doc_memo_class": memo_class,
    "doc_table_qa": table_qa,
    "doc_expense_policy": expense_policy,
    "doc_ticket_triage": ticket_triage,
    "doc_clause_risk": clause_risk,
}
