from types import SimpleNamespace

from bot.talk_parts import Parts
from session_log import SessionLog


def test_closing_the_parts_writes_what_the_session_log_holds(tmp_path):
    closed = []
    double = SimpleNamespace(
        close=lambda: closed.append("speech"), shutdown=lambda **_: closed.append("threads")
    )
    log = SessionLog.open(tmp_path / "log.sqlite")
    parts = Parts(
        guard=None,
        phrases=None,
        speech=double,
        voice_activity=None,
        voices=(),
        dialogue=None,
        session_log=log,
        on_call=None,
        threads=double,
        metrics=None,
    )
    parts.close()
    assert closed == ["speech", "threads"]
    assert log.health().queued == 0
