"""What left the machine: the adapter's own count, its last one once it is closed, else what is known of the contents."""

from __future__ import annotations

import pytest

from pytest_localbench.adapters.base import Adapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import (
    GenerationRequest,
    ImagePart,
    Message,
    ModelResponse,
    ResultKey,
    TextPart,
    Timing,
)
from pytest_localbench.domain.run import Traffic
from pytest_localbench.engine.traffic import TrafficMeter

FAR = ModelConfig(id="far", provider="openai", model="x", base_url="https://api.example.org/v1")
NEAR = ModelConfig(id="near", provider="openai", model="x", base_url="http://127.0.0.1:1")
REQUEST = GenerationRequest(
    key=ResultKey(category="c", task="t", sample="-", model="far"),
    messages=(
        Message(role="system", content="é"),
        Message(role="user", parts=(TextPart(text="ab"), ImagePart(mime="image/png", data=b"1234"))),
    ),
)
RESPONSE = ModelResponse(text="yes", thinking="hm", timing=Timing(generation_s=1), attempts=2)


class Counting(Adapter):
    def __init__(self, config, counts):
        super().__init__(config)
        self.counts = counts

    def open(self):
        pass

    def generate(self, request):
        raise NotImplementedError

    def traffic(self):
        return self.counts


@pytest.mark.parametrize(
    ("before", "after", "sent", "received", "counted"),
    [
        ((500, 70), (900, 90), 900, 90, "bodies"),
        ((500, 70), None, 500, 70, "bodies"),
        (None, None, 24, 5, "contents"),
    ],
)
def test_counts_of_a_remote_model(before, after, sent, received, counted):
    meter, adapter = TrafficMeter(), Counting(FAR, before)
    meter.watch(adapter)
    meter.add(adapter, REQUEST, RESPONSE)
    adapter.counts = after
    (found,) = meter.found()
    assert found == Traffic(model="far", address="api.example.org", requests=2, sent_bytes=sent, received_bytes=received,
                            counted=counted)  # fmt: skip


def test_models_of_this_machine_send_nothing():
    meter, adapter = TrafficMeter(), Counting(NEAR, (1, 1))
    meter.watch(adapter)
    meter.add(adapter, REQUEST, RESPONSE)
    assert meter.found() == []


def test_counts_of_several_processes_add_up_and_unknown_stays_unknown():
    one = Traffic(model="m", address="a", requests=1, sent_bytes=5, received_bytes=None)
    both = one.plus(Traffic(model="m", address="a", requests=2, sent_bytes=7, received_bytes=3, counted="contents"))
    assert (both.requests, both.sent_bytes, both.received_bytes, both.counted) == (3, 12, None, "contents")
