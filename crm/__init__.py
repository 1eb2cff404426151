"""The customer record: who somebody is, how we recognise them, and what we know.

Nouns: customer, identity, merge suggestion, account.

Invariants
- An identity (kind and normalised value) belongs to exactly one customer.
- Two customers are never merged silently: shared evidence makes a suggestion, a person decides.
- A merged customer keeps its row and points to the survivor, so that every old link still works.

Events out: CustomerCreated, MergeSuggested, CustomersMerged. Imports: cxos.core.
"""
