"""What a split ledger says against the figures of its report part."""

from __future__ import annotations

from routelab.evaluate._ledger_file import PARTS, LedgerFile
from routelab.evaluate.selection import expected_maximum
from routelab.routers._labels import plain_text

OFF = 0.05  # of the prompts: a part that is further from its share is told of


def told_warnings(content: LedgerFile, standard_error: float | None) -> list[str]:
    """Return a sentence each for repeated looks, for choices, and for parts off their shares.

    Examples
    --------
    >>> content = LedgerFile(seed=0, shares=(0.6, 0.2, 0.2), threshold=None,
    ...                      parts={"fit": ("a",) * 3, "tune": ("b",), "report": ("c",)})
    >>> told_warnings(content, None)
    []
    """
    found = content.openings
    said = []
    if len(found) > 1:
        questions = len({plain_text(opening.question) for opening in found})
        said.append(
            f"The report part was opened {len(found)} times, for {questions} "
            f"question{'s' * (questions > 1)}: what was seen before may have shaped what is asked "
            "now."
        )
    for opening in found:
        if opening.candidates > 1:
            errors = expected_maximum(opening.candidates)
            much = f"{errors:.2f} standard errors"
            if standard_error is not None:
                much += f" ({errors * standard_error:.4f})"
            said.append(
                f"{opening.question!r}: the best of {opening.candidates} candidates was picked on "
                "the report part; if they are equals, it looks better than it is by up to "
                f"{much}. Pick on the part 'tune'."
            )
    sizes = {name: len(held) for name, held in content.parts.items()}
    for name, share in zip(PARTS, content.shares, strict=True):
        held = sizes[name] / sum(sizes.values())  # type: ignore[index]
        if abs(held - share) > OFF:
            said.append(
                f"The part {name!r} holds {held:.0%} of the prompts instead of {share:.0%}, "
                "because groups are kept whole."
            )
    return said
