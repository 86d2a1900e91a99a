"""What a job is said to take at most."""

from goodinit.study.jobs import Training, estimate_training


def test_what_is_not_recorded_and_not_known_yet_takes_nothing() -> None:
    job = Training(10, 3_680, 256, 10, 40, 46, "everything", 24, 7, 6_000, 10**6)
    levels = [estimate_training(job._replace(record=record)) for record in ("losses", "moments", "full", "everything")]
    assert levels == sorted(set(levels))
    assert estimate_training(Training(*job[:7])) < levels[-1]
