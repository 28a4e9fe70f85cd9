"""The model of docs/scale.md says what a vault of another size costs, within what the document claims."""

import pytest

from tests.bench.scale import Measured, Model, measure_at

FITTED, OTHER = 20_000, 6_000


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Measured]:
    return {size: measure_at(tmp_path_factory.mktemp("scale"), size, audited=False) for size in (FITTED, OTHER)}


@pytest.mark.slow
def test_a_smaller_vault_is_what_the_model_of_a_larger_one_says(measured: dict[int, Measured]) -> None:
    said, seen = Model(measured[FITTED]).at(OTHER), measured[OTHER]
    assert seen.rows == pytest.approx(said.rows, rel=0.02)
    assert seen.database_bytes == pytest.approx(said.database_bytes, rel=0.1)
    assert seen.log_bytes == pytest.approx(said.log_bytes, rel=0.02)
    assert 0 <= seen.log_objects - said.log_objects <= 8


@pytest.mark.slow
def test_a_checkpoint_costs_as_many_requests_however_long_the_log_is(measured: dict[int, Measured]) -> None:
    assert measured[FITTED].one_more["PUT"] == measured[OTHER].one_more["PUT"] == Model(measured[FITTED]).at(OTHER).puts
    assert sum(measured[FITTED].one_more.values()) <= 12
