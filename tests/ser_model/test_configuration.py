import pytest

from ser_model.configuration import read_configuration
from ser_model.errors import ConfigurationError
from ser_model.model_card import DEFAULT_DIRECTORY


@pytest.mark.parametrize("name", ["paper_cnn", "logmel_cnn", "whisper_cnn"])
def test_shipped_configurations_are_valid(name):
    configuration = read_configuration(DEFAULT_DIRECTORY / "configs" / f"{name}.json")
    assert configuration.name == configuration.network.kind == name
    if configuration.teacher is not None:
        assert (DEFAULT_DIRECTORY / "configs" / f"{configuration.teacher}.json").is_file()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Invalid JSON"),
        ('{"version": "1"}', "name: Field required"),
        ('{"name": "Paper CNN", "version": "1"}', "name: String should match"),
        ('{"name": "a", "version": "1", "epoch": 3}', "epoch: Extra inputs"),
        ('{"name": "a", "version": "1", "schedule": {"epochs": 0}}', "schedule.epochs: Input should be"),
        (
            '{"name": "a", "version": "1", "network": {"kind": "paper_cnn", "kernels": [[4, 3], [3, 3], 3]}}',
            "odd",
        ),
        ('{"name": "a", "version": "1", "network": {"kind": "whisper_cnn", "kernel": 2}}', "odd"),
        ('{"name": "a", "version": "1", "network": {"kind": "transformer"}}', "network"),
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


def test_fine_tuning_in_persian_has_the_sizes_of_the_default_model():
    tuned, default = (
        read_configuration(DEFAULT_DIRECTORY / "configs" / f"{name}.json")
        for name in ("shemo", "whisper_cnn")
    )
    assert tuned.network == default.network
    assert tuned.members == default.members
    assert tuned.schedule.balance > 0.0
