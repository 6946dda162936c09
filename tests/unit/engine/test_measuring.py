"""Memory, graphics memory, speeds, noise, and whether a model fits: what is measured, how it is named, what is unknown."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import types

import pytest

from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import Memory, Noise, Timing, Usage
from pytest_localbench.engine import gpu, machine, meter, noise, processes
from pytest_localbench.engine.machine import available_bytes, too_little_memory
from pytest_localbench.engine.meter import PeakMeter, own_memory, with_speeds
from pytest_localbench.engine.noise import NoiseMeter, is_noisy

MB = 1 << 20
HOLDER = "import sys; b = bytearray({size} << 20); print('up', flush=True); input()"
PARENT = (
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=sys.stdin); "
    "print('parent', flush=True); p.wait()"
)


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch):
    monkeypatch.setattr(meter, "gpus", lambda: None)


@pytest.fixture
def holding():
    children = []

    def start(code, lines=1):
        child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        children.append(child)
        for _ in range(lines):
            child.stdout.readline()
        return child

    yield start
    for child in children:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()


def peak_of(pids, baseline=None, during=lambda: None):
    with PeakMeter(pids, baseline) as measured:
        during()
    return measured.memory()


def test_memory_of_a_process_and_of_one_that_is_gone(holding):
    child = holding(HOLDER.format(size=60))
    memory = peak_of([child.pid])
    assert 60 * MB < memory.peak_bytes < 120 * MB
    assert memory.method.startswith("RSS: peak resident set of the process tree")
    assert memory.peak_vram_bytes is None
    child.kill()
    child.wait()
    assert peak_of([child.pid]) == Memory()


def test_children_that_start_later_belong_to_the_model(holding):
    parent = holding(PARENT.format(child=HOLDER.format(size=50)), lines=2)
    assert len(processes.tree_of([parent.pid])) == 2
    assert peak_of([parent.pid]).peak_bytes > 50 * MB


@pytest.mark.parametrize("order", [(80, 5), (5, 80)])
def test_of_our_own_process_counts_what_the_model_added(order):
    found = {}
    for size in order:
        baseline = own_memory()
        weights = bytearray(size * MB)
        memory = peak_of([os.getpid()], baseline)
        found[size] = memory.peak_bytes
        assert memory.baseline_bytes == baseline
        assert "above that before the model was loaded" in memory.method
        del weights
    assert found[80] == pytest.approx(80 * MB, rel=0.15)
    assert found[5] < 12 * MB


def test_the_file_backed_part_is_told_apart(holding, tmp_path):
    if not os.path.isdir("/proc/self"):
        pytest.skip("only Linux tells")
    weights = tmp_path / "weights"
    weights.write_bytes(b"w" * (40 * MB))
    reads = (
        f"import mmap; f = open({str(weights)!r}, 'rb'); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); "
        "x = sum(m[::4096]); print('up', flush=True); input()"
    )
    mapped, copied = (peak_of([holding(code).pid]) for code in (reads, HOLDER.format(size=40)))
    assert mapped.peak_bytes == pytest.approx(copied.peak_bytes, rel=0.1)
    assert mapped.file_mapped_bytes - copied.file_mapped_bytes > 38 * MB


def test_no_processes_no_memory_and_no_thread(monkeypatch):
    monkeypatch.setattr(meter.threading, "Thread", None)
    assert peak_of([]) == Memory()


def test_what_only_the_provider_reports_is_said_to_be_reported():
    with PeakMeter([]) as nothing:
        pass
    assert nothing.memory(Memory(peak_bytes=5)).method == "reported by the provider, not measured"
    told = Memory(peak_bytes=5, method="reported by X")
    assert nothing.memory(told) is told
    with PeakMeter([os.getpid()]) as measured:
        pass
    both = measured.memory(Memory(peak_bytes=5, peak_vram_bytes=7, method="reported by X"))
    assert both.peak_bytes > MB
    assert both.peak_vram_bytes == 7
    assert both.method.endswith("VRAM: reported by X")


class NvmlError(Exception):
    pass


def nvml(used=(), fails=()):
    def call(name, value):
        def run(*_):
            if name in fails:
                raise NvmlError
            return value

        return run

    holders = [types.SimpleNamespace(pid=pid, usedGpuMemory=size) for pid, size in used]
    module = types.ModuleType("pynvml")
    module.NVMLError = NvmlError
    for name, value in {
        "nvmlInit": None, "nvmlDeviceGetCount": 2, "nvmlDeviceGetHandleByIndex": "handle",
        "nvmlDeviceGetComputeRunningProcesses": holders, "nvmlDeviceGetGraphicsRunningProcesses": holders[:1],
        "nvmlDeviceGetName": b"Some GPU", "nvmlSystemGetDriverVersion": "550.1",
        "nvmlDeviceGetMemoryInfo": types.SimpleNamespace(total=8 << 30),
    }.items():  # fmt: skip
        setattr(module, name, call(name, value))
    return module


@pytest.fixture
def driver(monkeypatch):
    def load(module):
        monkeypatch.setitem(sys.modules, "pynvml", module)
        gpu.gpus.cache_clear()
        return gpu.gpus()

    yield load
    gpu.gpus.cache_clear()


def test_graphics_memory_of_our_processes_over_all_devices(driver, monkeypatch):
    devices = driver(nvml(used=[(os.getpid(), 300), (1, 4000), (os.getpid(), None)]))
    assert devices.used_by([os.getpid()]) == 600
    assert devices.used_by([2]) is None
    assert devices.describe()["devices"][1] == {"name": "Some GPU", "memory_bytes": 8 << 30}
    monkeypatch.setattr(meter, "gpus", lambda: devices)
    memory = peak_of([os.getpid()])
    assert memory.peak_vram_bytes == 600
    assert memory.method.endswith("VRAM: as the driver counts it")


@pytest.mark.parametrize("module", [None, nvml(fails=["nvmlInit"]), nvml(fails=["nvmlDeviceGetCount"])])
def test_no_package_or_no_driver_is_no_gpu(driver, module):
    assert driver(module) is None


def test_a_driver_that_does_not_tell_leaves_it_unknown(driver):
    names = ["nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses", "nvmlDeviceGetMemoryInfo"]
    devices = driver(nvml(fails=names))
    assert devices.used_by([1]) is None
    assert devices.describe()["devices"][0] == {"name": "Some GPU", "memory_bytes": None}


@pytest.mark.parametrize(
    ("timing", "usage", "speeds"),
    [
        ({"prompt_tokens_per_s": 9.0}, {"output_tokens": 5}, (9.0, None, "server")),
        ({"first_token_s": 0.5}, {"input_tokens": 100, "output_tokens": 16}, (200.0, 10.0, "client")),
        ({"first_token_s": 0.5}, {"input_tokens": 100, "cached_tokens": 60}, (80.0, None, "client")),
        ({"first_token_s": 0.5}, {"input_tokens": 100, "cached_tokens": 100}, (None, None, None)),
        ({"first_token_s": 2.0}, {"output_tokens": 16}, (None, None, None)),
        ({"first_token_s": 1.99}, {"input_tokens": 100, "output_tokens": 160}, (None, None, None)),
        ({"first_token_s": 1.96}, {"input_tokens": 98, "output_tokens": 2}, (50.0, None, "client")),
        ({}, {"input_tokens": 100, "output_tokens": 16}, (None, None, None)),
        ({"first_token_s": 0.5}, {}, (None, None, None)),
    ],
)
def test_speeds_are_the_servers_or_computed_and_say_so(timing, usage, speeds):
    found = with_speeds(Timing(generation_s=2.0, **timing), Usage(**usage))
    assert (found.prompt_tokens_per_s, found.output_tokens_per_s, found.speeds_from) == speeds


@pytest.mark.parametrize(
    ("state", "noisy"),
    [
        ({"load_1m": 4.5}, False),
        ({"load_1m": 4.6}, True),
        ({"steal_share": 0.04}, False),
        ({"steal_share": 0.2}, True),
        ({"swap_out_bytes_per_s": 9e6}, True),
        ({"swap_in_bytes_per_s": 9e3}, False),
        ({}, False),
    ],
)
def test_when_a_time_is_unfair(monkeypatch, state, noisy):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert is_noisy(Noise(**state)) is noisy


def test_noise_is_sampled_now_and_then_and_the_stamp_is_shared(monkeypatch):
    now = [100.0]
    stats = iter([(1000.0, 0.0), (1100.0, 25.0)])
    swaps = iter([(0.0, 10.0), (0.0, 20.0)])
    monkeypatch.setattr(noise.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(noise, "_cpu_ticks", lambda: next(stats))
    monkeypatch.setattr(noise, "_swapped_pages", lambda: next(swaps))
    monkeypatch.setattr(os, "getloadavg", lambda: (1.25, 0, 0), raising=False)
    sampler = NoiseMeter()
    first = sampler.stamp()
    assert first == Noise(load_1m=1.25)
    now[0] += 0.2
    assert sampler.stamp() is first
    now[0] += 0.8
    second = sampler.stamp()
    assert (second.steal_share, second.swap_in_bytes_per_s) == (0.25, 0.0)
    assert second.swap_out_bytes_per_s == pytest.approx(10 * os.sysconf("SC_PAGE_SIZE"))


def test_a_system_that_tells_nothing_is_not_noisy(monkeypatch):
    monkeypatch.delattr(os, "getloadavg", raising=False)
    monkeypatch.setattr(noise, "_cpu_ticks", lambda: (0.0, 0.0))
    monkeypatch.setattr(noise, "_swapped_pages", lambda: (float("nan"), float("nan")))
    monkeypatch.setattr(noise, "EVERY_S", 0.0)
    sampler = NoiseMeter()
    sampler.stamp()
    threading.Event().wait(0.01)
    stamp = sampler.stamp()
    assert (stamp.load_1m, stamp.steal_share, stamp.swap_in_bytes_per_s) == (None, None, None)
    assert not is_noisy(stamp)


def test_a_model_that_does_not_fit_is_not_loaded():
    model = ModelConfig(id="big", provider="llamacpp")
    sentence = too_little_memory(model, int(30e9), int(8e9))
    assert sentence.startswith(
        "model 'big' needs about 30.0 GB of memory (its weights and a fifth more), but only 8.0 GB"
    )
    assert too_little_memory(model, int(8e9), int(8e9)) is None
    assert too_little_memory(model, None, int(8e9)) is None
    assert too_little_memory(model, int(30e9), None) is None
    stated = model.model_copy(update={"resources": model.resources.model_copy(update={"memory_mb": 4000})})
    assert too_little_memory(stated, int(30e9), int(8e9)) is None
    assert "resources: memory_mb)" in too_little_memory(stated, None, int(3e9))


@pytest.mark.parametrize(
    ("files", "left", "quota"),
    [
        ({"memory.max": "1000", "memory.current": "600", "memory.stat": "anon 5\ninactive_file 100\n",
          "cpu.max": "150000 100000"}, 500, 1.5),
        ({"memory.max": "max", "memory.current": "600", "cpu.max": "max 100000"}, None, None),
        ({"memory.limit_in_bytes": "1000", "memory.usage_in_bytes": "2000", "cpu.cfs_quota_us": "50000",
          "cpu.cfs_period_us": "100000"}, 0, 0.5),
        ({"memory.limit_in_bytes": "9223372036854771712", "memory.usage_in_bytes": "2000", "cpu.cfs_quota_us": "-1",
          "cpu.cfs_period_us": "100000"}, None, None),
        ({}, None, None),
    ],
)  # fmt: skip
def test_limits_of_a_container(monkeypatch, tmp_path, files, left, quota):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(machine, "_own_groups", lambda _: [tmp_path])
    assert machine.processor_quota() == quota
    assert machine._left_in_container() == left
    if left is not None:
        assert available_bytes() == left


def test_this_machine_has_some_memory_left():
    assert available_bytes() > 16 * MB
