from hypothesis import example, given
from hypothesis import strategies as st

from review.identifiers import from_path, to_path

SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~=")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=512))
@example("..")
@example(".")
@example("~abc")
@example("a/b?c#d")
@example("<script>")
def test_any_id_goes_into_a_path_and_back(identifier):
    segment = to_path(identifier)
    assert set(segment) <= SAFE
    assert segment not in (".", "..")
    assert from_path(segment) == identifier


@given(st.text(max_size=100))
def test_what_is_no_segment_of_ours_gives_nothing_or_an_id(segment):
    found = from_path(segment)
    assert found is None or found


def test_ids_of_the_usual_form_stay_readable():
    assert to_path("talk-1_a.b") == "talk-1_a.b"
