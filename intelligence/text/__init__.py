"""Understanding of short customer texts: intent, sentiment, language. Pure: no ORM, no Django.

Nouns: an *example* is a text and its label; a *model* is what training made of examples; a *guess* is one answer of a
model, with a confidence of 0 to 1 and the words that spoke for it. A model that is not sure abstains: the label of its
guess is empty.

Invariants: scikit-learn is imported only while training, never to answer. A stored model is arrays and JSON, so
reading one runs none of its content. The same text and model give the same guess on every machine.
"""
