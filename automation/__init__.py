"""Automation: facts in, a plan out. Executes nothing, so it can be dry-run, explained and table-tested.

Nouns: rule, condition, plan, action; macro and its runs; snippet; article and its versions.

Invariants
- A plan is data: the actions, and for each the rule that asked for it.
- A macro is run whole or not at all; its run keeps what was done.
- Automation never reacts to its own rule, nor deeper than five events down a chain.
- What readers see of an article is one of its versions, published by somebody who supervises; no version ever changes.

Events in: ArticleSaved (the words of articles for the search). Events out: RuleApplied (by routing), ArticleSaved,
ArticlePublished, ArticleWithdrawn, ArticleRated. Imports: channels_app, crm, cxos.core.
"""
