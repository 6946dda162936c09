"""Project-wide pytest configuration: scripts are not tests."""

collect_ignore_glob = ["bench/*", "benchmarks/_make/*"]
