"""The language a short text is written in, as an ISO 639-1 code, or no answer where the text is too short to tell."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

from intelligence.text.features import words
from intelligence.text.linear import NO_GUESS, Evidence, Guess

# What our customers write in. A wider net makes short texts in these languages come out as rare ones.
LANGUAGES = (
    "ar",
    "de",
    "en",
    "es",
    "fr",
    "hi",
    "it",
    "ja",
    "nl",
    "pl",
    "pt",
    "ru",
    "sv",
    "tr",
    "uk",
    "zh",
)
SURE_ENOUGH = 0.6
SHORT_WORD_CONFIDENCE = 0.9
MAX_SHORT_WORDS = 3
_LEAST_LETTERS = 3

# Words that open or close a conversation and belong to one of the languages only: too short for statistics.
_SHORT_WORDS = {
    "ar": "مرحبا شكرا نعم لا السلام",
    "de": "hallo guten danke bitte ja nein tschüss rechnung kündigen hilfe moin",
    "en": "hi hello hey thanks thank you yes please help refund order bill where what agent cancel goodbye sorry",
    "es": "hola gracias buenos buenas factura ayuda pedido adiós",
    "fr": "bonjour bonsoir merci salut oui facture commande aide svp",
    "it": "ciao grazie buongiorno buonasera aiuto",
    "nl": "hallo bedankt dank goedemorgen hoi",
    "pl": "dzień cześć dziękuję proszę",
    "pt": "olá obrigado obrigada bom ajuda",
    "ru": "привет здравствуйте спасибо",
    "sv": "hej tack",
    "tr": "merhaba teşekkürler",
    "uk": "привіт дякую",
}


@cache
def _owners() -> dict[str, str]:
    """Short word → its language; a word that two languages share tells nothing."""
    owners: dict[str, str] = {}
    for language, listed in _SHORT_WORDS.items():
        for word in words(listed):
            owners[word] = "" if word in owners else language
    return {word: language for word, language in owners.items() if language}


_loading = Lock()
_loaded: Any = None


def _identifier() -> Any:
    """The statistics of py3langid (arrays, most of a second), loaded at the first text; None while another thread loads."""
    global _loaded
    if _loaded is None and _loading.acquire(blocking=False):
        try:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier

            identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
            identifier.set_languages(LANGUAGES)
            _loaded = identifier
        finally:
            _loading.release()
    return _loaded


def guess_language(text: str) -> Guess:
    """Code of the language and confidence 0–1; an empty label below `SURE_ENOUGH` or without letters."""
    tokens = [word for word in words(text) if word[0].isalpha()]
    if len(tokens) <= MAX_SHORT_WORDS:
        told = [(word, _owners()[word]) for word in tokens if word in _owners()]
        if told and len({language for _, language in told}) == 1:
            word, language = told[0]
            return Guess(language, SHORT_WORD_CONFIDENCE, language, (Evidence(word, 1.0),))
    if sum(len(token) for token in tokens) < _LEAST_LETTERS:
        return NO_GUESS
    identifier = _identifier()
    if identifier is None:
        return NO_GUESS
    ranked = identifier.rank(" ".join(tokens))
    language, confidence = ranked[0][0], float(ranked[0][1])
    return Guess(
        label=language if confidence >= SURE_ENOUGH else "",
        confidence=confidence,
        nearest=language,
        runners_up=tuple((code, float(chance)) for code, chance in ranked[1:3]),
    )
