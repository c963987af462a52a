"""What a card says of licences and limits, by what the network learnt from and reads."""

from __future__ import annotations

from collections.abc import Collection

from ser_model.corpora import CORPORA

__all__ = ["licence_text", "limits"]


def licence_text(corpora: Collection[str]) -> str:
    """The licence of weights that learnt from these corpora, names of the manifest's column `corpus`.

    Weights are under Apache-2.0 unless a corpus says otherwise: one for research only makes them so too, and
    a corpus that isn't known leaves it to whoever owns it.
    """
    known = [CORPORA[name] for name in sorted(corpora) if name in CORPORA and CORPORA[name].licence]
    others = sorted(set(corpora) - {corpus.name for corpus in known})
    bound = [corpus.name for corpus in known if corpus.research_only]
    if bound:
        weights = f"research-only, as {' and '.join(bound)} are: not for any commercial use"
    elif others:
        weights = f"as far as the owners of {', '.join(others)} allow"
    else:
        weights = "Apache-2.0, with attribution of the corpora"
    parts = [f"Weights: {weights}."]
    parts += [f"{corpus.name}: {corpus.licence}." for corpus in known]
    return " ".join(parts)


def limits(
    corpora: Collection[str], *, untrained: Collection[str], languages: Collection[str], reads_states: bool
) -> list[str]:
    """Sentences on what the figures of a card do not say.

    Args:
        corpora: that were learnt from or judged.
        untrained: labels without an example.
        languages: for which there are validation speakers.
        reads_states: whether the network reads the recogniser's encoder instead of log-mel spectrograms.
    """
    found = []
    if untrained:
        outputs = "is an output" if len(untrained) == 1 else "are outputs"
        names = " and ".join(sorted(untrained)).capitalize()
        found.append(f"{names} {outputs} of the network without an example, and never emitted.")
    found += [
        "Actors reading given sentences in a studio: emotion in real talk is weaker and more mixed. "
        "Expect lower figures than those above.",
        "Calm reading that is recorded close and bright, as audiobooks are, is often taken for anger: "
        "the network has heard few microphones.",
    ]
    if "crema-d" in corpora:
        found.append(
            "People who hear CREMA-D without seeing it agree with the intended emotion in about 42 % of the "
            "clips."
        )
    found.append(
        "Coverage and risk differ from speaker to speaker; on the test speakers the risk may lie above the "
        "bound that was set on the validation speakers: compare the figures above."
    )
    if {"crema-d", "emo-db"} & set(corpora):
        looks = "hears up to 8 kHz and may take note of that" if reads_states else "looks up to 5 kHz only"
        found.append(f"The recordings of CREMA-D and EMO-DB hold nothing above 5.5 kHz; the network {looks}.")
    if reads_states:
        found.append("For the recogniser whose encoder it learnt with, and no other.")
    if "fa" not in languages:
        found.append(
            "Not validated on Persian, nor on any language but those of validated_languages: estimates for "
            "others say so."
        )
    if "shemo" in corpora:
        found.append("Fear has 38 recordings of 3,000 in ShEMO: read its recall with its interval.")
    found.append("Not a medical device and no sign of anybody's state of mind; nobody is to be judged by it.")
    return found
