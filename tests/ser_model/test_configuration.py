import pytest

from ser_model.configuration import read_configuration
from ser_model.errors import ConfigurationError
from ser_model.model_card import DEFAULT_DIRECTORY


def test_shipped_configuration_is_valid():
    configuration = read_configuration(DEFAULT_DIRECTORY / "configs" / "paper_cnn.json")
    assert configuration.name == "paper_cnn"
    assert len(configuration.network.filters) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Invalid JSON"),
        ('{"version": "1"}', "name: Field required"),
        ('{"name": "Paper CNN", "version": "1"}', "name: String should match"),
        ('{"name": "a", "version": "1", "epoch": 3}', "epoch: Extra inputs"),
        ('{"name": "a", "version": "1", "schedule": {"epochs": 0}}', "schedule.epochs: Input should be"),
        ('{"name": "a", "version": "1", "network": {"kernels": [[4, 3], [3, 3], 3]}}', "odd"),
        ('{"name": "a", "version": "1", "schedule": {"frames": [90, 80]}}', "shortest"),
    ],
)
def test_bad_configuration_is_refused_with_its_place(tmp_path, text, words):
    path = tmp_path / "configuration.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=words):
        read_configuration(path)


def test_missing_configuration_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_configuration(tmp_path / "none.json")
