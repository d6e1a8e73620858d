#!/usr/bin/env python3
"""Measures the spatial indexes on a machine that others use too.

Each benchmark runs alone, on one processor, many times for 0.1 s. A run counts only if its process had the processor for
at least 95 % of its wall time (CPU time of the child / wall time); the others are reported as rejected, with the median
over all runs. Writes benchmarks/results/index.json.

Usage, from the root of the repository: benchmarks/index/measure.py [seconds, 200]
"""

import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

BENCHMARKS = """GridUpdate GridUpdateJump GridNearest GridNearestSkill GridNearestTwoSkills GridNearestKeep
GridNearestSkillDense GridNearestSkillSparse GridNearestSkill10k GridWithin1km TreePut TreeNearest TreeSearch
CellsUpdate""".split()
RUNS = 8
LEAST_SHARE = 0.95


def cpu_seconds():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def run(binary, name):
    cpu, wall = cpu_seconds(), time.time()
    command = [binary, "-test.run", "none", "-test.bench", f"Benchmark{name}$", "-test.benchtime", "0.1s"]
    out = subprocess.run(command, cwd="geo/index", env={**os.environ, "GOMAXPROCS": "1"}, capture_output=True, text=True, check=True)
    share = (cpu_seconds() - cpu) / (time.time() - wall)
    found = re.search(r"\s([\d.]+) ns/op\s+(\d+) B/op\s+(\d+) allocs/op", out.stdout)
    return float(found[1]), int(found[3]), share


def cpu_model():
    with open("/proc/cpuinfo") as f:
        return next(line.split(":")[1].strip() for line in f if line.startswith("model name"))


def main():
    end = time.time() + float(sys.argv[1] if len(sys.argv) > 1 else 200)
    load = os.getloadavg()[0]
    every = {name: [] for name in BENCHMARKS}
    good = {name: [] for name in BENCHMARKS}
    allocations = {}
    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "index.test")
        subprocess.run(["go", "test", "-c", "-o", binary, "./geo/index"], check=True)
        while time.time() < end and any(len(runs) < RUNS for runs in good.values()):
            for name in BENCHMARKS:
                if len(good[name]) < RUNS:
                    nanos, allocations[name], share = run(binary, name)
                    every[name].append(nanos)
                    if share >= LEAST_SHARE:
                        good[name].append(nanos)
    rows = []
    for name in BENCHMARKS:
        runs = good[name]
        rows.append({
            "benchmark": name,
            "medianNanos": statistics.median(runs) if runs else None,
            "leastNanos": min(runs) if runs else None,
            "mostNanos": max(runs) if runs else None,
            "runs": len(runs),
            "rejectedRuns": len(every[name]) - len(runs),
            "medianNanosWithRejected": statistics.median(every[name]),
            "allocationsPerOp": allocations[name],
        })
    git = subprocess.run(["git", "log", "-1", "--format=%H", "--", "geo"], capture_output=True, text=True, check=True)
    go = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True)
    result = {
        "command": "benchmarks/index/measure.py",
        "commit": git.stdout.strip(),
        "machine": {"cpu": cpu_model(), "processors": os.cpu_count(), "used": 1, "os": platform.system().lower(), "go": go.stdout.strip()},
        "loadAverageBefore": round(load, 1),
        "seed": "fixed in the benchmarks",
        "leastShareOfProcessor": LEAST_SHARE,
        "targets": {"GridUpdate": 30, "GridNearestSkill": 5000},
        "results": rows,
    }
    os.makedirs("benchmarks/results", exist_ok=True)
    with open("benchmarks/results/index.json", "w") as f:
        json.dump(result, f, indent=2)
        f.write("\n")


if __name__ == "__main__":
    main()
