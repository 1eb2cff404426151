"""Finding things by words, as they are typed and with mistakes in them.

`words`       pure: what a word is, which words are near each other, what to highlight
`dictionary`  the words that are in use, learned from the event stream; turns what was typed into what to look for
`vectors`     the full-text indexes, and how their newest matches are read without reading all of them

The indexes are expressions over the rows themselves, so that a changed or erased row is changed or erased here too.
The dictionary only makes finding more forgiving: without it whole words are found.
"""
