import stat

import pytest

from bot.settings import ROOT, Settings, SettingsError, load_settings, runtime_dir


def settings(tmp_path, text, environment=None):
    path = tmp_path / "endpoints.yml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environment or {})


def test_the_projects_own_file_is_valid():
    assert load_settings(ROOT / "endpoints.yml", {}).server.host == "127.0.0.1"


def test_an_empty_section_gives_the_defaults(tmp_path):
    assert settings(tmp_path, "hamdel: {}\n").conversation.patience_ms == Settings().conversation.patience_ms
    assert settings(tmp_path, "action_endpoint: {url: x}\n").server.port == 8300


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("hamdel: {server: {prot: 1}}", "hamdel.server.prot"),
        ("hamdel: {conversation: {patience_ms: 5}}", "hamdel.conversation.patience_ms"),
        ("hamdel: {conversation: {country: usa}}", "hamdel.conversation.country"),
        ("hamdel: [1]", "must hold keys"),
        ("hamdel: {server: {host: '${NO_SUCH_VARIABLE}'}}", "NO_SUCH_VARIABLE"),
        ("hamdel: {server: {port: [}", "not valid YAML"),
    ],
)
def test_a_mistake_is_named(tmp_path, text, mention):
    with pytest.raises(SettingsError, match=mention.replace(".", r"\.")):
        settings(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "no.yml", {})


def test_variables_are_filled_in(tmp_path):
    text = "hamdel: {server: {allowed_origins: ['https://${SITE}']}}"
    assert settings(tmp_path, text, {"SITE": "example.org"}).server.allowed_origins == (
        "https://example.org",
    )


def test_the_runtime_folder_is_private(tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "home"))
    assert stat.S_IMODE(runtime_dir().stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("section", "key", "mention"),
    [
        ("{contacts: [{name: A, email: a@b.example}], public_url: 'https://x.example'}", "contacts", "smtp"),
        ("{contacts: [{name: A, webhook: 'https://a.example'}]}", "contacts", "public_url"),
        ("{contacts: [{name: A}]}", "contacts.0", "webhook or an email"),
        ("{contacts: [{name: A, timezone: Tehran}]}", "contacts.0.timezone", "Asia/Tehran"),
        ("{contacts: [{name: A, hours: [always]}]}", "contacts.0.hours", "Mon-Fri 09:00-17:00"),
        ("{attempts: none}", "attempts", "integer"),
        ("{telephone: 112}", "telephone", "no setting"),
    ],
)
def test_mistakes_about_contacts_are_named_with_what_to_write(tmp_path, section, key, mention):
    with pytest.raises(SettingsError, match=mention) as caught:
        settings(tmp_path, f"hamdel: {{on_call: {section}}}\n")
    assert f"hamdel.on_call.{key}: " in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_a_webhook_may_stand_in_the_environment(tmp_path):
    text = (
        """hamdel: {on_call: {public_url: 'https://x.example', contacts: [{name: A, webhook: '${DUTY}'}]}}"""
    )
    (contact,) = settings(tmp_path, text, {"DUTY": "https://a.example/secret"}).on_call.rota().everybody
    assert contact.webhook == "https://a.example/secret"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("hamdel: {dialogue: {url: 'http://127.0.0.1:5005/x'}}", "hamdel.dialogue.url"),
        ("hamdel: {dialogue: {url: 'ws://127.0.0.1:99999/x'}}", "hamdel.dialogue.url"),
        ("hamdel: {dialogue: {url: 'ws://['}}", "hamdel.dialogue.url"),
        ("hamdel: {dialogue: {url: nonsense}}", "hamdel.dialogue.url"),
        (
            "hamdel: {dialogue: {actions_health_url: 'http://127.0.0.1:x/'}}",
            "hamdel.dialogue.actions_health_url",
        ),
        ("hamdel: {recogniser: {by_language: {de: whisper-small}}}", "hamdel.recogniser.by_language"),
        ("hamdel: {conversation: {idle_s: 0}}", "hamdel.conversation.idle_s"),
        ("hamdel: {server: {drain_s: -1}}", "hamdel.server.drain_s"),
    ],
)
def test_values_that_cannot_work_are_named(tmp_path, text, key):
    with pytest.raises(SettingsError, match=key):
        settings(tmp_path, text + "\n")
