"""What the catalogue shows: its chapters, and the made-up values its specimens are drawn with."""
from dataclasses import dataclass

@dataclass(frozen=True, slots=True)
class Chapter:
    slug: str
    title: str

CHAPTERS = (Chapter("buttons", "Buttons"),)

def chapter_named(slug):
    return next((c for c in CHAPTERS if c.slug == slug), None)

def sample_values():
    return {}
