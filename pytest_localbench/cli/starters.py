"""The texts of starter files: small tasks that work as they stand, with comments that say what to put in their place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Starter:
    """One kind of task: what it is for, and everything below the head of its file."""

    what: str
    body: str


def category_text(category_id: str) -> str:
    """A category file."""
    return f"""\
# Category '{category_id}': models are compared per category. All fields: docs/tasks.md
name: {category_id.replace("_", " ").replace("-", " ").capitalize()}
description: ""                 # what these tasks have in common, for people
defaults:                       # under every task; a task may say otherwise
  generation: {{temperature: 0, max_tokens: 800}}
  timeout_seconds: 180
# aggregation: {{method: mean}}   # default: difficult tasks weigh more
# thresholds: {{fail_under: 6}}   # a gate on the score of the category, 0 to 10
"""


def task_text(task_id: str, kind: str) -> str:
    """A task file of one kind of :data:`STARTERS`."""
    return f"""\
# Task '{task_id}'. All fields: docs/tasks.md; what a model would be asked: localbench preview {task_id}
status: draft                   # not asked until you take this line out
title: {task_id.replace("_", " ").replace("-", " ").capitalize()}
# why: what this task finds out about a model
complexity: 2                   # 1 one step, 3 distractors or nulls, 5 conflicts and hidden traps
{STARTERS[kind].body}"""


_ANSWER = """\
input:
  prompt: |
    Answer with the delivery date only (YYYY-MM-DD).

    {{ mail }}
samples:                        # one question each; id, variables of the prompt, the right answer
  - id: plain
    variables: {mail: "We deliver your order of 11 February 2025 on 4 March 2025. Invoice due: 3 April 2025."}
    expected: "2025-03-04"
  - id: moved
    variables: {mail: "The delivery moves from 4 March 2025 to 6 March 2025. Invoice due: 5 April 2025."}
    expected: "2025-03-06"
evaluators:                     # also: exact, number, money, percent, contains, regex (docs/evaluators.md)
  - {use: date}
expected_time_seconds: 10       # as fast as this is fast enough
calibration:                    # known answers and what they must earn; run with --localbench-selfcheck
  - {name: reference, sample: moved, output: "@expected", min: 1.0}
  - {name: the old day, sample: moved, output: "2025-03-04", max: 0.0}
"""

_LABEL = """\
input:
  system: You sort mail. Answer with one word - billing, support, sales or other.
  few_shot:                     # examples, sent before the question
    - {user: "My invoice is wrong.", assistant: billing}
    - {user: "The printer is broken.", assistant: support}
  prompt: "{{ mail }}"
output: {format: label, labels: [billing, support, sales, other]}
samples:                        # about as many of every label, or guessing pays
  - {id: refund, variables: {mail: "Please refund the second payment."}, expected: billing}
  - {id: crash, variables: {mail: "The program stops when I print."}, expected: support}
  - {id: offer, variables: {mail: "What would 20 licences cost?"}, expected: sales}
  - {id: greeting, variables: {mail: "Happy new year from all of us."}, expected: other}
evaluators:
  - {use: label}                # from about ten samples on: with: {headline: macro_f1}
expected_time_seconds: 5
calibration:
  - {name: reference, sample: crash, output: "@expected", min: 1.0}
  - {name: two labels, sample: crash, output: billing or support, max: 0.0}
"""

_JSON = """\
input:
  prompt: |
    Return the invoice as JSON with the keys invoice_number, date, total, currency and po_number.
    Use null for what the invoice does not state.

    {{ invoice }}
  variables:                    # or 'files: [{path: files/invoice.txt, name: invoice}]', below the category folder
    invoice: |
      Invoice 2025-117, 4 March 2025
      2 x Desk lamp    59.80 EUR
      1 x Chair       149.00 EUR
      Total           208.80 EUR
output: {format: json}
expected: {invoice_number: 2025-117, date: 2025-03-04, total: 208.80, currency: EUR, po_number: null}
evaluators:
  - use: json_fields
    weight: 1
    with:
      fields:
        invoice_number: {match: id}
        total: {match: money, weight: 2}
  - {use: json_format}          # a guard: takes a little away from untidy JSON
traps: {"149.0": "the price of the chair alone"}    # a wrong value and why it is wrong, for the reports
expected_time_seconds: 20
calibration:
  - {name: reference, output: "@expected", min: 1.0}
  - {name: wrong total, output: "@expected", patch: {total: 149.00}, max: 0.9}
  - {name: invented order number, output: "@expected", patch: {po_number: PO-1}, max: 0.95}
"""

_SUMMARY = """\
input:
  prompt: |
    Summarise this note in at most 40 words.

    {{ note }}
  variables:
    note: |
      Hello Kim, the twelve desks (12 pieces, oak) will not come on 4 March 2025. The carrier has a strike in its
      northern depot until Tuesday evening. The new date is 6 March 2025, before noon, at gate B. Please tell the
      caretaker, so that somebody opens the gate, and have the old desks ready for collection, since the same truck
      takes them back to the warehouse.
evaluators:
  - use: key_facts              # earns: what a good summary must say, in whatever words
    weight: 3
    with:
      facts:
        - {id: date, date: "2025-03-06"}
        - {id: count, number: 12}
        - {id: reason, any: [strike, walkout, industrial action]}
      contradictions:
        - {id: old date, any: [4 March], unless_near: [instead of, not]}
  - {use: length, guard: 0.5, with: {max: 40, tolerance: 0.1}}  # guards take away only
  - {use: grounding, with: {source: note}}
  - {use: copy_ratio, guard: 1.0, with: {source: note, max: 0.2}}
  - {use: repetition}
expected_time_seconds: 15
calibration:
  - {name: reference, output: "The 12 desks arrive on 6 March 2025 because of a strike.", min: 1.0}
  - {name: no date, output: "The 12 desks are late because of a strike.", max: 0.7}
  - {name: copied note, output: "@note", max: 0.2}
"""

_JUDGED = """\
input:
  prompt: |
    Write a short, kind letter to the candidate about the change in these notes. Do not give the reason.

    {{ notes }}
  variables:
    notes: |
      Candidate: Kim Novak. The interview planned for 4 March 2025 at 10:00 cannot take place, since the head of the
      department is ill. New appointment: 6 March 2025, 14:30, room 4, second floor. Answer wanted by Friday.
evaluators:
  - use: key_facts              # what can be checked without a judge is
    weight: 3
    with:
      facts:
        - {id: day, date: "2025-03-06"}
        - {id: time, any: ["14:30", "2:30 pm", "half past two"]}
        - {id: name, any: [Kim, Novak]}
  - {use: rules, guard: 1.0, with: {mode: all, must_not: [{id: reason, any: [is ill, illness, sick]}]}}
  - use: judge                  # another model: --localbench-judge=NAME; test it with 'localbench judge check NAME'
    weight: 1
    with:
      optional: true            # without a judge the others decide; else the answer waits for one
      rubric:                   # or "@file:rubrics/letter.yaml", below the category folder
        criteria:
          - id: tone
            question: Is the letter kind and clear?
            anchors: {1: rude or confused, 3: correct but cold, 5: kind and clear}
        examples:               # graded by you: the judge must agree before it counts
          - {answer: "Interview moved. 6 March, 14:30. Be there.", grades: {tone: 1}}
          - {answer: "Dear Kim Novak, your interview is now on 6 March 2025 at 14:30 in room 4.", grades: {tone: 3}}
          - {answer: "Dear Kim, we are sorry to move your interview. Could you come on 6 March at 14:30? We look forward to meeting you.", grades: {tone: 5}}
# - {use: manual, with: {rubric: {criteria: [{id: tone, question: Is it kind?}]}}}    # people: localbench review
expected_time_seconds: 20
calibration:
  - name: reference
    output: "Dear Kim, we are sorry to move your interview. Could you come on 6 March 2025 at 14:30, room 4? Please tell us by Friday."
    min: 1.0
  - {name: old day, output: "Dear Kim, see you on 4 March 2025 at 10:00.", max: 0.4}
  - {name: tells the reason, output: "Dear Kim, the head is ill. Please come on 6 March 2025 at 14:30.", max: 0.0}
"""

STARTERS = {
    "answer": Starter("a short right answer (a word, number, date)", _ANSWER),
    "label": Starter("one of a few labels, with examples in the prompt", _LABEL),
    "json": Starter("fields read out of a document", _JSON),
    "summary": Starter("a text judged by its facts", _SUMMARY),
    "judged": Starter("a text judged by its facts and by another model", _JUDGED),
}
