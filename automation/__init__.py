"""Automation: facts in, a plan out. Executes nothing, so it can be dry-run, explained and table-tested.

Nouns: rule, condition, plan, action.

Invariants
- A plan is data: the actions, and for each the rule that asked for it.
- Automation never reacts to its own rule, nor deeper than five events down a chain.

Events out: RuleChanged. Imports: channels_app, crm, cxos.core.
"""
