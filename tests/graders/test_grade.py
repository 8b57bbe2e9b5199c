"""One grading end to end, with real cells and a small exercise."""

from __future__ import annotations

import pytest

from graders.checking import check
from graders.grade import grade
from graders.package import Package
from graders.protocol import Outcome, Verdict
from tests.graders.conftest import SEED, job

RIGHT = "def scale(x, by):\n    return x * by\n"


@pytest.fixture
def submit(cells, scaled):
    def send(source: str, **options) -> Verdict:
        return grade(job(scaled, source, **options), scaled, cells)

    return send


def test_a_right_submission_passes_every_case(submit):
    verdict = submit(RIGHT)

    assert verdict.outcome is Outcome.PASSED, verdict
    assert verdict.score == 1.0
    assert [case.name for case in verdict.cases] == ["by two", "random", "steps"]


def test_a_run_asks_only_the_samples(submit):
    verdict = submit(RIGHT, mode="run")

    assert [case.name for case in verdict.cases] == ["by two"]
    assert verdict.outcome is Outcome.PASSED


def test_every_known_submission_ends_as_its_folder_says_and_the_lazy_eight_fail(cells, scaled):
    findings = list(check(scaled, cells, 2, lambda name: None))

    assert [finding for finding in findings if finding.surprises] == []
    assert len(findings) == 1 + 7 + 8


def test_a_known_mistake_brings_its_hint(submit):
    verdict = submit("def scale(x, by):\n    total = x + by\n    return total\n")

    assert verdict.outcome is Outcome.FAILED
    assert verdict.hint["key"] == "adds" and verdict.hint["zh-hans"]


def test_another_mistake_brings_no_hint(submit):
    assert submit("def scale(x, by):\n    return x - by\n").hint == {}


def test_what_a_sample_case_prints_is_shown_with_it_and_a_hidden_case_shows_nothing(submit):
    verdict = submit("def scale(x, by):\n    print('saw', x)\n    return x\n")

    sample, *hidden = verdict.cases
    assert "saw tensor([1., 2.])" in sample.shown["stdout"]
    assert [case.shown for case in hidden] == [{}, {}]
    assert verdict.log.count("saw") == 1


def test_an_exception_in_a_hidden_case_tells_its_type_and_line_and_nothing_of_the_input(submit):
    verdict = submit(
        "def scale(x, by):\n    if by == 3.0:\n        raise ValueError(f'SECRET{x}')\n    return x * by\n"
    )

    hidden = verdict.cases[1]
    assert hidden.outcome is Outcome.ERROR
    assert hidden.details == {"type": "ValueError", "line": 3}
    assert "SECRET" not in str(verdict)


def test_a_made_up_exception_name_carries_nothing_out(submit):
    verdict = submit(
        "def scale(x, by):\n    if by == 3.0:\n        raise type('SECRET', (Exception,), {})\n    return x * by\n"
    )

    assert verdict.cases[1].details["type"] == "an exception"
    assert "SECRET" not in str(verdict)


def test_a_syntax_error_names_its_line(submit):
    verdict = submit("x = 1\ndef scale(x, by:\n    return x\n")

    assert verdict.outcome is Outcome.ERROR
    assert verdict.line == 2


def test_a_missing_function_is_named(submit):
    verdict = submit("def scales(x, by):\n    return x\n")

    assert verdict.outcome is Outcome.ERROR
    assert "does not define scale" in verdict.message


def test_a_wrong_signature_is_an_error_with_the_interpreters_words_for_the_sample(submit):
    verdict = submit("def scale(x):\n    return x\n")

    assert verdict.outcome is Outcome.ERROR
    assert "takes 1 positional argument" in verdict.cases[0].message


def test_an_answer_of_the_wrong_type_fails_and_both_types_are_named(submit):
    verdict = submit("class Odd: ...\ndef scale(x, by):\n    return Odd()\n")

    assert verdict.outcome is Outcome.FAILED
    assert verdict.cases[0].details == {"got": "a Odd", "expected": "a torch tensor", "where": ""}


def test_an_endless_loop_is_out_of_time_and_the_rest_is_not_reached(submit):
    verdict = submit("def scale(x, by):\n    while by == 3.0: pass\n    return x * by\n")

    assert verdict.outcome is Outcome.TIME
    assert [case.outcome for case in verdict.cases] == [Outcome.PASSED, Outcome.TIME, None]


def test_frames_forged_while_loading_do_not_pass(submit):
    forged = (
        "import os\nfor fd in range(3, 12):\n    try: os.write(fd, (b'\\0\\0\\0\\1N') * 50)\n    except OSError: pass\n"
    )

    assert submit(forged + RIGHT).outcome in (Outcome.ERROR, Outcome.FAILED)


def test_patching_the_answering_program_only_changes_the_answer(submit):
    patch = "import values\nvalues.encode = lambda value: b'T'\n"

    assert submit(patch + RIGHT).outcome is Outcome.ERROR


def test_the_same_seed_gives_the_same_verdict(submit):
    source = "import torch\ndef scale(x, by):\n    return x * by + torch.rand(()) * 1e-3\n"

    first, second = submit(source), submit(source)

    assert [case.details for case in first.cases] == [case.details for case in second.cases]
    assert first.receipt["seed"] == SEED


def test_large_questions_and_large_answers_do_not_wait_for_each_other(cells, scaled):
    cases = scaled.text("cases.py").replace("(3, 5)", "(600, 600)").encode()  # 3 MB each way, of fp64
    large = Package.from_files("scaled", {**scaled.files, "cases.py": cases})

    verdict = grade(job(large, RIGHT), large, cells)

    assert verdict.outcome is Outcome.PASSED, verdict


def test_a_receipt_says_what_the_time_went_to(submit):
    times = submit(RIGHT).receipt["times_ms"]

    assert set(times) == {"judge_start", "start", "run", "judge", "relay", "total"}
    assert sum(ms for name, ms in times.items() if name != "total") == pytest.approx(times["total"], abs=1)


def test_neither_reference_nor_cases_enter_the_answer_cell(scaled):
    from graders.cells import answer_files

    assert sorted(answer_files(scaled, RIGHT)) == ["adapter.py", "answer.py", "solution.py", "values.py"]
