"""docs/assurance.md speaks of the model that stands in the sources, and says what its figures say."""

import json

from tests.support import assurance


def test_the_page_is_not_older_than_the_model() -> None:
    figures = json.loads(assurance.FIGURES.read_text(encoding="utf-8"))
    assert figures["model"] == assurance.digest(), "the model changed since it was held against the real programs: run `make conformance`, or `make assurance`"


def test_the_page_says_what_the_figures_say() -> None:
    """`python -m tests.support.assurance` writes it anew, for instance after a change of docs/model.md."""
    assert assurance.PAGE.read_text(encoding="utf-8") == assurance.page(json.loads(assurance.FIGURES.read_text(encoding="utf-8")))
