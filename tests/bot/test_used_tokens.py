import pytest

from bot.talks import RefusedTalkError, Talks
from bot.tokens import Claims
from bot.used_tokens import UsedTokens


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.sqlite.used_tokens"


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


def test_a_token_is_good_once(path):
    used = UsedTokens(path, Clock())
    assert used.use("a", 1_060)
    assert not used.use("a", 1_060)
    assert used.use("b", 1_060)


def test_a_restart_does_not_make_a_used_token_good_again(path):
    UsedTokens(path, Clock()).use("a", 1_060)
    again = UsedTokens(path, Clock())
    assert not again.use("a", 1_060)
    assert not UsedTokens(path, Clock()).use("a", 1_060)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_talk_is_refused_with_a_token_that_was_used_before_the_restart(path):
    claims = Claims(single_use=True, token_id="a", expires_at=4e9)
    with Talks(most=1, most_per_token=1, used=UsedTokens(path)).place(claims):
        pass
    restarted = Talks(most=1, most_per_token=1, used=UsedTokens(path))
    with pytest.raises(RefusedTalkError, match="used before"), restarted.place(claims):
        pass


def test_what_has_expired_is_forgotten_and_the_file_stays_small(path):
    clock = Clock()
    used = UsedTokens(path, clock)
    for number in range(5_000):
        clock.now += 1
        used.use(f"token-{number}", clock.now + 60)
    assert len(path.read_text().splitlines()) < 2_500
    clock.now += 100
    assert UsedTokens(path, clock).use("token-4999", clock.now + 60)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe garbage", b"a\nb x\nc 99999999999999\n", b"a 1060"])
def test_a_damaged_file_does_not_keep_the_server_from_starting(path, content):
    path.write_bytes(content)
    used = UsedTokens(path, Clock())
    assert used.use("new", 1_060)
    assert not UsedTokens(path, Clock()).use("new", 1_060)


def test_where_the_file_cannot_be_written_talks_go_on(tmp_path, caplog):
    used = UsedTokens(tmp_path / "missing" / "used", Clock())
    assert used.use("secret-id", 1_060)
    assert used.use("b", 1_060)
    assert not used.use("secret-id", 1_060)
    assert caplog.text.count("can't be written") == 1
    assert "secret-id" not in caplog.text
